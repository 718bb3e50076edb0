#
# build           install and build only

install_packages $BUILD_PACKAGES
build all Release -DCMAKE_BUILD_TYPE=Release
