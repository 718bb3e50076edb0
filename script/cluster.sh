#
# cluster [OPTION...]
#                 install what is needed, HAProxy as well, and build; three servers behind HAProxy are restarted one
#                 after another under load, and one is killed; fails if a request does that must not. Takes some 20 s.
#                 Options are those of samples/haproxy/rolling-drain.py

install_packages $BUILD_PACKAGES $CLUSTER_PACKAGES
build samples/all Release -DCMAKE_BUILD_TYPE=Release
exec python3 samples/haproxy/rolling-drain.py --bin "$BUILD/Release/bin" "$@"
