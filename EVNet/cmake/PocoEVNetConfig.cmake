include(CMakeFindDependencyMacro)

# A stand-alone EVNet uses the Poco that find_package(Poco) finds; in Poco's own
# build each library has a package of its own.
if(NOT TARGET Poco::Net)
	find_dependency(Poco COMPONENTS Foundation Net)
endif()

# A static EVNet needs libev to be linked by its users.
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
find_dependency(LibEv)
list(REMOVE_ITEM CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

include("${CMAKE_CURRENT_LIST_DIR}/PocoEVNetTargets.cmake")
