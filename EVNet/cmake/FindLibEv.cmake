# Finds libev, which ships no CMake configuration of its own.
#
# Result: LibEv_FOUND, LibEv_VERSION and the imported target LibEv::LibEv

find_path(LibEv_INCLUDE_DIR NAMES ev.h PATH_SUFFIXES libev)
find_library(LibEv_LIBRARY NAMES ev libev)

if(LibEv_INCLUDE_DIR AND EXISTS "${LibEv_INCLUDE_DIR}/ev.h")
	file(STRINGS "${LibEv_INCLUDE_DIR}/ev.h" _libev_version REGEX "^ *#define EV_VERSION_(MAJOR|MINOR)")
	string(REGEX REPLACE ".*EV_VERSION_MAJOR ([0-9]+).*EV_VERSION_MINOR ([0-9]+).*" "\\1.\\2" LibEv_VERSION "${_libev_version}")
	unset(_libev_version)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibEv
	REQUIRED_VARS LibEv_LIBRARY LibEv_INCLUDE_DIR
	VERSION_VAR LibEv_VERSION
)

if(LibEv_FOUND AND NOT TARGET LibEv::LibEv)
	add_library(LibEv::LibEv UNKNOWN IMPORTED)
	set_target_properties(LibEv::LibEv PROPERTIES
		IMPORTED_LOCATION "${LibEv_LIBRARY}"
		INTERFACE_INCLUDE_DIRECTORIES "${LibEv_INCLUDE_DIR}"
	)
endif()

mark_as_advanced(LibEv_INCLUDE_DIR LibEv_LIBRARY)
