# evnet_precompile(TARGET): Poco's headers are most of what the compiler reads of EVNet's sources, and it reads them again in each build
# of a copy. The library itself is built without, so that a source that misses an #include does not compile.

function(evnet_precompile target)
	target_precompile_headers(${target} PRIVATE <Poco/Net/HTTPServerRequest.h> <Poco/Net/HTTPServerResponse.h> <Poco/Net/HTTPServerSession.h>
		<Poco/Net/ServerSocket.h> <Poco/Net/StreamSocketImpl.h> <Poco/Net/TCPServer.h> <Poco/ThreadPool.h> <algorithm> <atomic> <chrono> <functional>
		<memory> <mutex> <string> <vector>)
	# It needs the kernel's headers, which contradict those of the C library
	get_target_property(EVNET_SOURCE_DIR EVNet SOURCE_DIR)
	set_source_files_properties(${EVNET_SOURCE_DIR}/src/socket/TransferCounts.cpp TARGET_DIRECTORY ${target} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()


# evnet_use_internals(TARGET): for tests and benchmarks of classes that the shared library hides. They
# get them from a static one, made of the same sources. It should come last: then all
# that is exported is still taken from the library itself, if the target links it.

function(evnet_use_internals target)
	get_target_property(EVNET_SOURCE_DIR EVNet SOURCE_DIR)
	get_target_property(EVNET_TYPE EVNet TYPE)
	list(APPEND CMAKE_MODULE_PATH ${EVNET_SOURCE_DIR}/cmake)
	find_package(LibEv REQUIRED)
	if(EVNET_TYPE STREQUAL "SHARED_LIBRARY" AND NOT TARGET EVNetInternals)
		file(GLOB EVNET_SRCS_G CONFIGURE_DEPENDS "${EVNET_SOURCE_DIR}/src/*/*.cpp")
		add_library(EVNetInternals STATIC EXCLUDE_FROM_ALL ${EVNET_SRCS_G})
		target_compile_features(EVNetInternals PRIVATE cxx_std_17)
		target_compile_definitions(EVNetInternals PRIVATE EVNet_SECOND_COPY)
		set_target_properties(EVNetInternals PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
		target_include_directories(EVNetInternals PRIVATE ${EVNET_SOURCE_DIR}/src PUBLIC ${EVNET_SOURCE_DIR}/include)
		target_link_libraries(EVNetInternals PUBLIC Poco::Net LibEv::LibEv)
		evnet_precompile(EVNetInternals)
	endif()
	target_include_directories(${target} PRIVATE ${EVNET_SOURCE_DIR}/src)
	target_link_libraries(${target} PRIVATE LibEv::LibEv)
	if(TARGET EVNetInternals)
		target_link_libraries(${target} PRIVATE EVNetInternals)
	else()
		target_link_libraries(${target} PRIVATE Poco::EVNet)
	endif()
endfunction()


# evnet_use_checked(TARGET): for the tests. The target gets all of EVNet, hidden classes included, with the assertions
# of the engine (Assert.h): in a build with a shared library, which has none, from a static one made of the same sources; else from the library,
# which has them with sanitizers, or with EVNET_ASSERTIONS.

function(evnet_use_checked target)
	get_target_property(EVNET_SOURCE_DIR EVNet SOURCE_DIR)
	get_target_property(EVNET_TYPE EVNet TYPE)
	list(APPEND CMAKE_MODULE_PATH ${EVNET_SOURCE_DIR}/cmake)
	find_package(LibEv REQUIRED)
	if(EVNET_TYPE STREQUAL "SHARED_LIBRARY" AND NOT TARGET EVNetChecked)
		file(GLOB EVNET_SRCS_G CONFIGURE_DEPENDS "${EVNET_SOURCE_DIR}/src/*/*.cpp")
		add_library(EVNetChecked STATIC EXCLUDE_FROM_ALL ${EVNET_SRCS_G})
		target_compile_features(EVNetChecked PRIVATE cxx_std_17)
		target_compile_definitions(EVNetChecked PUBLIC EVNET_ASSERTIONS=1 EVNet_STATIC)
		target_include_directories(EVNetChecked PUBLIC ${EVNET_SOURCE_DIR}/include ${EVNET_SOURCE_DIR}/src)
		target_link_libraries(EVNetChecked PUBLIC Poco::Net LibEv::LibEv)
		evnet_precompile(EVNetChecked)
	endif()
	if(TARGET EVNetChecked)
		set(EVNET_CHECKED EVNetChecked)
	else()
		set(EVNET_CHECKED Poco::EVNet)
	endif()
	target_include_directories(${target} PRIVATE ${EVNET_SOURCE_DIR}/src)
	target_link_libraries(${target} PRIVATE ${EVNET_CHECKED} LibEv::LibEv)
endfunction()
