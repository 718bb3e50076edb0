#
# docs            make the API reference, from the comments in the public headers, and the user guide beside it:
#                 build/docs/html/index.html; fails if something public has no comment, a link leads nowhere, or a
#                 program in the guide does not compile

install_packages $DOCS_PACKAGES
# All pages that the repository has: README.md is the first one
pages=$(LC_ALL=C ls README.md CHANGELOG.md HACKING.md doc/*.md */README.md testsuite/*/README.md)
export EVNET_PAGES=${pages//$'\n'/ } EVNET_VERSION
EVNET_VERSION=$(sed -n 's/^project(PocoEVNet VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
# What an earlier run has made of files that are gone would be checked as well
rm -rf "$BUILD/docs"
doxygen doc/Doxyfile || fail "the documentation has the faults above"
python3 doc/check-reference.py
echo "dev: $BUILD/docs/html/index.html"
