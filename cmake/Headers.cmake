# Standard and library headers that nearly every file reads, compiled once. Headers of the project are not among them:
# the layers' include paths go on saying who may see what. A file still names what it uses; the presets with clang
# build without this.
#
#   dynascale_use_headers(TARGET base|loop [test])     base: the standard library and fmt; loop: Asio too
option(DYNASCALE_PCH "Precompile the standard and library headers" ON)

set(standard_headers <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <functional> <map> <memory> <optional>
    <set> <span> <string> <string_view> <utility> <variant> <vector> <fmt/format.h> <tl/expected.hpp>)
set(loop_headers <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
    <boost/asio/io_context.hpp> <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp>)
set(test_headers <gmock/gmock.h> <gtest/gtest.h>)

function(dynascale_headers name)
  set(source ${CMAKE_BINARY_DIR}/headers/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${source})
  target_precompile_headers(${name} PRIVATE ${ARGN})
  target_link_libraries(${name} PRIVATE dynascale_warnings fmt::fmt tl::expected Boost::json PkgConfig::tomlplusplus)
  if(name MATCHES "_test$")
    target_link_libraries(${name} PRIVATE GTest::gtest GTest::gmock)
    target_compile_options(${name} PRIVATE ${DYNASCALE_TEST_OPTIONS})
  endif()
endfunction()

if(DYNASCALE_PCH)
  if(CCACHE_PROGRAM)
    # What ccache asks for (its manual, "Precompiled headers"); no file here depends on the time of its compilation.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
    add_compile_options($<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fpch-preprocess>)
  endif()
  dynascale_headers(dynascale_headers_base ${standard_headers})
  dynascale_headers(dynascale_headers_loop ${standard_headers} ${loop_headers})
  dynascale_headers(dynascale_headers_base_test ${standard_headers} ${test_headers})
  dynascale_headers(dynascale_headers_loop_test ${standard_headers} ${loop_headers} ${test_headers})
endif()

function(dynascale_use_headers target which)
  if(DYNASCALE_PCH)
    string(JOIN _ name dynascale_headers ${which} ${ARGN})
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
