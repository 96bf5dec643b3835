#include "check/engine/oneshot.hpp"

#include <algorithm>
#include <array>
#include <regex>

#include "check/files/classify.hpp"
#include "check/files/read.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t manifest_bytes = std::size_t{256} << 10;
constexpr std::size_t manifests_read = 256;
constexpr std::size_t source_bytes = std::size_t{1} << 20;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
}

bool is_manifest(std::string_view name) {
  constexpr auto names = std::to_array<std::string_view>(
      {"Cargo.toml", "pyproject.toml", "setup.cfg", "setup.py", "package.json"});
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What starts a program as a service.
bool is_service_file(std::string_view path) {
  const auto kind = config_kind_of(path);
  const auto name = file_name(path);
  return kind == ConfigKind::procfile || kind == ConfigKind::compose ||
         (kind == ConfigKind::systemd && glob_match("*.service*", name));
}

/// Categories, classifiers and keywords of programs that stay up, whatever else they are.
bool says_server(std::string_view text) {
  constexpr auto signs = std::to_array<std::string_view>(
      {"http-server", "\"web-programming", "\"network-programming\"", "\"database-implementations\"",
       ":: Web Environment", ":: No Input/Output (Daemon)", ":: HTTP Servers", ":: Proxy Servers",
       ":: Distributed Computing", ":: Database Engines/Servers", ":: WSGI"});
  return std::any_of(signs.begin(), signs.end(), [&](auto sign) { return has(text, sign); });
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

bool is_tool_manifest(std::string_view name, std::string_view text) {
  text = text.substr(0, manifest_bytes);
  if (says_server(text)) return false;
  if (name == "Cargo.toml") return has(text, "\"command-line-utilities\"") || has(text, "\"development-tools");
  if (name == "package.json") {
    // Test runners, linters and bundlers, by the name of their packages; the keyword "cli" is worn by daemons too.
    static const std::regex tool{
        R"re("name"\s*:\s*"(@[\w-]+/)?(jest|vitest|mocha|karma|eslint|prettier|webpack|rollup|terser|)re"
        R"re(babel|esbuild|tslint|stylelint|nyc)([-/"]))re"};
    const std::string head{text.substr(0, 2000)};
    return std::regex_search(head, tool);
  }
  // Libraries wear the console's classifier, too; a tool has a command.
  const bool command = has(text, "scripts]") || has(text, "console_scripts") || has(text, "scripts=");
  return has(text, "Environment :: Console") && command;
}

bool is_service_code(std::string_view text) {
  constexpr auto signs = std::to_array<std::string_view>(
      {"serve_forever", "start_server(", "run_forever", "TcpListener", "HttpServer", "ListenAndServe", "listen(",
       ".bind(", "serve(", "daemonize", "runserver", "web.run_app", "uvicorn.run", "_server("});
  text = text.substr(0, source_bytes);
  return std::any_of(signs.begin(), signs.end(), [&](auto sign) { return has(text, sign); });
}

std::vector<std::string> tool_folders(const std::vector<ListedFile>& files) {
  std::vector<std::string> folders;
  std::size_t read = 0;
  for (const auto& file : files) {
    const auto name = file_name(file.path);
    if (!is_manifest(name) || role_of(file.relative) == Role::vendored || ++read > manifests_read) continue;
    const auto bytes = read_file(file.path, manifest_bytes);
    if (bytes && is_tool_manifest(name, bytes->view())) folders.push_back(folder_of(file.path));
  }
  std::erase_if(folders, [&](const std::string& folder) {
    return std::any_of(files.begin(), files.end(), [&](const ListedFile& file) {
      return starts_with(file.path, folder) && is_service_file(file.relative) &&
             role_of(file.relative) == Role::product;
    });
  });
  return folders;
}

void lower_tools(const std::vector<std::string>& folders, std::vector<Finding>& findings) {
  if (folders.empty()) return;
  for (auto& finding : findings) {
    const auto language = language_of(finding.path);
    const bool code = language != Language::none && language != Language::shell;
    const bool asks = starts_with(finding.rule, "DSC10") || starts_with(finding.rule, "DSC30");
    const bool inside = std::any_of(folders.begin(), folders.end(),
                                    [&](const auto& folder) { return starts_with(finding.path, folder); });
    if (!code || !asks || !inside || finding.level == Level::error) continue;
    const auto bytes = read_file(finding.path, source_bytes);
    if (bytes && is_service_code(bytes->view())) continue;
    finding.level = Level::note;
    finding.message += " (a command-line tool: it matters only while it runs)";
  }
}

}  // namespace dynascale::check
