# A layer is one top-level folder. Each layer exports an include path that holds nothing but itself, so a file
# can include only its own layer and those named after USES: any other include does not compile.
#
#   dynascale_layer(adapters SOURCES gunicorn.cpp … USES core runtime [LINKS PkgConfig::pq …])
#   dynascale_part(history FOLDER hostd/history SOURCES store.cpp … USES core [LINKS …])  a folder that others may use too
#   dynascale_program(dynascale-agent LAYER agent MAIN main.cpp)
#   dynascale_test(unit_core SOURCES … USES core [LABELS unit] [LINKS …])

function(dynascale_layer_view name)
  set(view ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${view}/${name} SYMBOLIC)
endfunction()

function(dynascale_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;USES;LINKS" ${ARGN})
  dynascale_layer_view(${name})
  list(TRANSFORM LAYER_USES PREPEND dynascale_)
  if(LAYER_SOURCES)
    add_library(dynascale_${name} STATIC ${LAYER_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(dynascale_${name} PRIVATE dynascale_warnings)
  else()
    add_library(dynascale_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(dynascale_${name} ${scope} ${CMAKE_BINARY_DIR}/layers/${name})
  target_link_libraries(dynascale_${name} ${scope} ${LAYER_USES} ${LAYER_LINKS})
endfunction()

# A folder of a layer that other layers may use without seeing the rest of that layer.
function(dynascale_part name)
  cmake_parse_arguments(PART "" "FOLDER" "SOURCES;USES;LINKS" ${ARGN})
  get_filename_component(parent ${PART_FOLDER} DIRECTORY)
  set(view ${CMAKE_BINARY_DIR}/layers/part_${name})
  file(MAKE_DIRECTORY ${view}/${parent})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${PART_FOLDER} ${view}/${PART_FOLDER} SYMBOLIC)
  list(TRANSFORM PART_USES PREPEND dynascale_)
  add_library(dynascale_${name} STATIC ${PART_SOURCES})
  target_include_directories(dynascale_${name} PUBLIC ${view})
  target_link_libraries(dynascale_${name} PUBLIC ${PART_USES} ${PART_LINKS} PRIVATE dynascale_warnings)
endfunction()

function(dynascale_program name)
  cmake_parse_arguments(PROGRAM "" "LAYER;MAIN" "LINKS" ${ARGN})
  add_executable(${name} ${PROGRAM_MAIN})
  target_link_libraries(${name} PRIVATE dynascale_${PROGRAM_LAYER} dynascale_warnings ${PROGRAM_LINKS})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ${PROGRAM_LAYER})
endfunction()

function(dynascale_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;USES;LINKS;LABELS" ${ARGN})
  list(TRANSFORM TEST_USES PREPEND dynascale_)
  add_executable(test_${name} ${TEST_SOURCES})
  target_compile_definitions(test_${name} PRIVATE DYNASCALE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(test_${name} PRIVATE ${TEST_USES} ${TEST_LINKS} dynascale_warnings
                        GTest::gtest GTest::gmock GTest::gtest_main)
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  gtest_discover_tests(test_${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS "${TEST_LABELS}")
endfunction()
