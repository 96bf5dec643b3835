# Bundles the dashboard with esbuild and puts it into dynascale-hostd as strings: nothing is read when it runs. npm fetches the
# versions of package-lock.json; install scripts never run.
set(DYNASCALE_PAGES ${CMAKE_CURRENT_BINARY_DIR}/pages_embedded.cpp)
set(generate ${CMAKE_COMMAND} -DOUT=${DYNASCALE_PAGES} -DFOLDER= -P ${CMAKE_CURRENT_LIST_DIR}/generate.cmake)
if(NOT DYNASCALE_DASHBOARD)
  add_custom_command(OUTPUT ${DYNASCALE_PAGES} COMMAND ${generate}
                     DEPENDS ${CMAKE_CURRENT_LIST_DIR}/generate.cmake
                     COMMENT "Leaving the dashboard out" VERBATIM)
  return()
endif()

set_source_files_properties(${DYNASCALE_PAGES} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
find_program(NPM_PROGRAM npm REQUIRED)
find_program(NODE_PROGRAM NAMES node nodejs REQUIRED)
set(packages ${CMAKE_CURRENT_BINARY_DIR}/web)
set(bundle ${CMAKE_CURRENT_BINARY_DIR}/bundle)
set(installed ${packages}/node_modules/.package-lock.json)
file(GLOB page_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/src/*)

add_custom_command(
  OUTPUT ${installed}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${packages}
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_LIST_DIR}/package.json ${CMAKE_CURRENT_LIST_DIR}/package-lock.json
          ${packages}
  COMMAND ${CMAKE_COMMAND} -E chdir ${packages} ${NPM_PROGRAM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${installed}
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/package.json ${CMAKE_CURRENT_LIST_DIR}/package-lock.json
  COMMENT "Fetching the dashboard's libraries from npm" VERBATIM)

add_custom_command(
  OUTPUT ${DYNASCALE_PAGES}
  COMMAND ${CMAKE_COMMAND} -E env NODE_PATH=${packages}/node_modules
          ${NODE_PROGRAM} ${packages}/node_modules/esbuild/bin/esbuild ${CMAKE_CURRENT_LIST_DIR}/src/main.js
          ${CMAKE_CURRENT_LIST_DIR}/src/style.css --entry-names=[name] --outdir=${bundle} --bundle --minify
          --format=iife --target=es2022 --log-level=warning
          --banner:js=/*Contains\ uPlot,\ ©\ Leon\ Sorokin,\ MIT\ licence:\ https://github.com/leeoniya/uPlot*/
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_LIST_DIR}/src/index.html ${CMAKE_CURRENT_LIST_DIR}/src/icon.svg
          ${bundle}
  COMMAND ${CMAKE_COMMAND} -DOUT=${DYNASCALE_PAGES} -DFOLDER=${bundle}
          -P ${CMAKE_CURRENT_LIST_DIR}/generate.cmake
  DEPENDS ${installed} ${page_sources} ${CMAKE_CURRENT_LIST_DIR}/generate.cmake
  COMMENT "Bundling the dashboard" VERBATIM)
