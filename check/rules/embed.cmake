# Puts every rules/*.toml into the binary as one table of strings, so that the program needs no files at run time.
file(GLOB rule_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/DSC*.toml)
list(SORT rule_files)
set(DYNASCALE_EMBEDDED_RULES ${CMAKE_CURRENT_BINARY_DIR}/embedded_rules.cpp)
add_custom_command(
  OUTPUT ${DYNASCALE_EMBEDDED_RULES}
  COMMAND ${CMAKE_COMMAND} "-DFILES=${rule_files}" -DOUT=${DYNASCALE_EMBEDDED_RULES}
          -P ${CMAKE_CURRENT_LIST_DIR}/generate.cmake
  DEPENDS ${rule_files} ${CMAKE_CURRENT_LIST_DIR}/generate.cmake
  COMMENT "Embedding the readiness rules" VERBATIM)
