# Compiler settings that hold for every target: build type, ccache, warnings, sanitizers.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
# Assertions guard invariants in release builds too, so no build type defines NDEBUG.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELEASE "-O2")

# Tests run a few times after each build and mostly inside the libraries, which are optimised: a quick compilation of
# them (a quarter less) is worth more than their speed.
set(DYNASCALE_TEST_OPTIONS $<$<CONFIG:RelWithDebInfo>:-O0>)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

option(DYNASCALE_WERROR "Treat warnings as errors" OFF)
add_library(dynascale_warnings INTERFACE)
target_compile_definitions(dynascale_warnings INTERFACE DYNASCALE_VERSION="${PROJECT_VERSION}")
target_compile_options(dynascale_warnings INTERFACE
  # g++ 12 reports a false mismatch for the frames of coroutines at -O2 (GCC bug 109224).
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-mismatched-new-delete>
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${DYNASCALE_WERROR}>>:-Werror>)

# A program loads only the libraries that it uses itself: the probes need more than each of their users.
add_link_options(-Wl,--as-needed)

set(DYNASCALE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them (address,undefined or thread)")
if(DYNASCALE_SANITIZE)
  add_compile_options(-fsanitize=${DYNASCALE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DYNASCALE_SANITIZE})
endif()
option(DYNASCALE_COVERAGE "Instrument for gcov" OFF)
if(DYNASCALE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
