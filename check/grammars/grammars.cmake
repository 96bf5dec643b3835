# The grammars' generated C comes from npm at the pinned versions of package-lock.json; their install scripts never
# run. ABI 14 is the newest that Debian 12's libtree-sitter loads, so the versions are not simply the latest ones.
pkg_check_modules(treesitter REQUIRED IMPORTED_TARGET tree-sitter)
find_program(NPM_PROGRAM npm REQUIRED)

set(grammars_dir ${CMAKE_CURRENT_BINARY_DIR}/grammars)
set(grammar_units
  bash/src/parser.c bash/src/scanner.c c/src/parser.c c-sharp/src/parser.c c-sharp/src/scanner.c
  cpp/src/parser.c cpp/src/scanner.c go/src/parser.c java/src/parser.c javascript/src/parser.c
  javascript/src/scanner.c kotlin/src/parser.c kotlin/src/scanner.c php/php/src/parser.c php/php/src/scanner.c
  python/src/parser.c python/src/scanner.c ruby/src/parser.c ruby/src/scanner.c rust/src/parser.c
  rust/src/scanner.c typescript/typescript/src/parser.c typescript/typescript/src/scanner.c
  typescript/tsx/src/parser.c typescript/tsx/src/scanner.c)
list(TRANSFORM grammar_units PREPEND ${grammars_dir}/node_modules/tree-sitter-)

add_custom_command(
  OUTPUT ${grammar_units}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${grammars_dir}
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_LIST_DIR}/package.json ${CMAKE_CURRENT_LIST_DIR}/package-lock.json
          ${grammars_dir}
  COMMAND ${CMAKE_COMMAND} -E chdir ${grammars_dir} ${NPM_PROGRAM} ci --ignore-scripts --omit=peer --omit=optional --legacy-peer-deps --no-audit --no-fund
          --loglevel=error
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/package.json ${CMAKE_CURRENT_LIST_DIR}/package-lock.json
  COMMENT "Fetching the syntax grammars from npm"
  COMMAND_EXPAND_LISTS VERBATIM)

add_library(dynascale_grammars STATIC ${grammar_units})
foreach(unit ${grammar_units})
  get_filename_component(folder ${unit} DIRECTORY)
  # One include path a file: each grammar carries its own tree_sitter/parser.h.
  # Their tables are data: -O1 keeps the build short and costs nothing measurable at run time.
  set_source_files_properties(${unit} PROPERTIES INCLUDE_DIRECTORIES ${folder} COMPILE_OPTIONS "-O1;-g0;-w")
endforeach()
