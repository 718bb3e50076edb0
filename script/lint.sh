#
# lint [--self-test] [--shrink] [CHECK...]
#                 look for what breaks the rules of this tree, in less than a minute, and say what to do: the format of
#                 what changed, clang-tidy, columns, sizes, rooms, names in doc/, tests that are not registered, scripts.
#                 With --self-test, break a copy in each way and see that it is found; with --shrink, first lower the
#                 numbers in script/lint/excess.txt to what there is. HACKING.md has the reasons

install_packages $LINT_PACKAGES $BUILD_PACKAGES
exec python3 script/lint/lint.py "$@"
