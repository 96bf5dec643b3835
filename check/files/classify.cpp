#include "check/files/classify.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

/// By what follows the last dot of the name.
Language language_of_extension(std::string_view extension) {
  static const std::unordered_map<std::string_view, Language> languages{
      {"c", Language::c}, {"h", Language::cpp}, {"cc", Language::cpp}, {"cpp", Language::cpp},
      {"cxx", Language::cpp}, {"c++", Language::cpp}, {"hh", Language::cpp}, {"hpp", Language::cpp},
      {"hxx", Language::cpp}, {"ipp", Language::cpp}, {"inl", Language::cpp}, {"tcc", Language::cpp},
      {"cu", Language::cpp}, {"py", Language::python}, {"pyw", Language::python}, {"wsgi", Language::python},
      {"java", Language::java}, {"kt", Language::kotlin}, {"kts", Language::kotlin}, {"go", Language::go},
      {"js", Language::javascript}, {"mjs", Language::javascript}, {"cjs", Language::javascript},
      {"jsx", Language::javascript}, {"ts", Language::typescript}, {"mts", Language::typescript},
      {"cts", Language::typescript}, {"tsx", Language::tsx}, {"rb", Language::ruby}, {"ru", Language::ruby},
      {"php", Language::php}, {"phtml", Language::php}, {"rs", Language::rust}, {"cs", Language::csharp},
      {"sh", Language::shell}, {"bash", Language::shell}, {"ksh", Language::shell}, {"zsh", Language::shell},
      {"envrc", Language::shell}};
  const auto found = languages.find(extension);
  return found == languages.end() ? Language::none : found->second;
}

using ConfigGlob = std::pair<std::string_view, ConfigKind>;
/// Tried in order, on the whole path when the glob has a '/', else on the file name.
constexpr auto config_globs = std::to_array<ConfigGlob>({
    {"dockerfile*", ConfigKind::dockerfile},
    {"*.dockerfile", ConfigKind::dockerfile},
    {"containerfile*", ConfigKind::dockerfile},
    {"docker-compose*.y*ml", ConfigKind::compose},
    {"compose*.y*ml", ConfigKind::compose},
    {"*compose*.y*ml", ConfigKind::compose},
    {"jvm.options*", ConfigKind::jvm_options},
    {"jvm*.options", ConfigKind::jvm_options},
    {"*.vmoptions", ConfigKind::jvm_options},
    {"jvm.config", ConfigKind::jvm_options},
    {"*/jvm.options.d/*", ConfigKind::jvm_options},
    {"vm.args*", ConfigKind::erlang_args},
    {"go.mod", ConfigKind::go_mod},
    {"procfile*", ConfigKind::procfile},
    {"*/default/grub", ConfigKind::grub},
    {"*/grub.d/*.cfg", ConfigKind::grub},
    {"haproxy*.cfg*", ConfigKind::haproxy},
    {"haproxy*.conf*", ConfigKind::haproxy},
    {"nginx*.conf*", ConfigKind::nginx},
    {"*/nginx/*.conf*", ConfigKind::nginx},
    {"openresty*.conf*", ConfigKind::nginx},
    {"httpd*.conf*", ConfigKind::apache},
    {"apache*.conf*", ConfigKind::apache},
    {"mpm_*.conf*", ConfigKind::apache},
    {"*/apache2/*.conf*", ConfigKind::apache},
    {"*/httpd/*.conf*", ConfigKind::apache},
    {"postgresql*.conf*", ConfigKind::postgresql},
    {"*/postgresql/*.conf*", ConfigKind::postgresql},
    {"my.cnf*", ConfigKind::mysql},
    {"*.cnf*", ConfigKind::mysql},
    {"my*.ini", ConfigKind::mysql},
    {"redis*.conf*", ConfigKind::redis},
    {"valkey*.conf*", ConfigKind::redis},
    {"keydb*.conf", ConfigKind::redis},
    {"sentinel.conf", ConfigKind::redis},
    {"memcached.conf*", ConfigKind::memcached},
    {"pgbouncer*.ini*", ConfigKind::pgbouncer},
    {"*uwsgi*.ini*", ConfigKind::uwsgi},
    {"*/uwsgi/*.ini", ConfigKind::uwsgi},
    {"*fpm*.conf*", ConfigKind::php},
    {"www.conf*", ConfigKind::php},
    {"*/fpm/*.conf", ConfigKind::php},
    {"*/php-fpm.d/*.conf", ConfigKind::php},
    {"*php*.ini*", ConfigKind::php},
    {"*/php/*.ini", ConfigKind::php},
    {"*/conf.d/*opcache*.ini", ConfigKind::php},
    {"*.service", ConfigKind::systemd},
    {"*.service.in", ConfigKind::systemd},
    {"*.service.j2", ConfigKind::systemd},
    {"*.slice", ConfigKind::systemd},
    {"*.scope", ConfigKind::systemd},
    {"*.service.d/*.conf", ConfigKind::systemd},
    {"*.slice.d/*.conf", ConfigKind::systemd},
    {"*.container", ConfigKind::systemd},
    {"*/systemd/*.conf", ConfigKind::systemd},
    {"sysctl*.conf*", ConfigKind::sysctl},
    {"*/sysctl.d/*.conf", ConfigKind::sysctl},
    {"*/sysctl.d/*", ConfigKind::sysctl},
    {"*/security/limits*", ConfigKind::limits},
    {"limits.conf*", ConfigKind::limits},
    {"*/limits.d/*.conf", ConfigKind::limits},
    {"*.properties", ConfigKind::properties},
    {"*.properties.*", ConfigKind::properties},
    {".env", ConfigKind::environment},
    {"*.env", ConfigKind::environment},
    {".env.*", ConfigKind::environment},
    {"*/etc/default/*", ConfigKind::environment},
    {"*/sysconfig/*", ConfigKind::environment},
    {"*.env.*", ConfigKind::environment},
    {"*.sysconfig", ConfigKind::environment},
    {"*/tuned.conf", ConfigKind::ini},
    {"mongod*.conf*", ConfigKind::yaml},
    {"*/kernel/cmdline", ConfigKind::grub},
    {"*/rabbitmq/*.conf", ConfigKind::ini},
    {"rabbitmq*.conf", ConfigKind::ini},
    {"rabbitmq*.config*", ConfigKind::erlang_args},
    {"*/rabbitmq/*.config*", ConfigKind::erlang_args},
    {"advanced.config*", ConfigKind::erlang_args},
    {"*/varnish/*.params", ConfigKind::environment},
    {"kvrocks*.conf*", ConfigKind::redis},
    {"*nginx*.conf*", ConfigKind::nginx},
    {"*postgres*.conf*", ConfigKind::postgresql},
    {"*redis*.conf*", ConfigKind::redis},
    {"*mysql*.conf*", ConfigKind::mysql},
    {"*mariadb*.conf*", ConfigKind::mysql},
    {"*haproxy*.cfg*", ConfigKind::haproxy},
    {".htaccess", ConfigKind::apache},
    {".user.ini", ConfigKind::php},
    {"*.y*ml", ConfigKind::yaml},
    {"*.y*ml.j2", ConfigKind::yaml},
    {"*.ini", ConfigKind::ini},
    {"*.toml", ConfigKind::ini},
    {"package.json", ConfigKind::json},
    {"*ecosystem*.json", ConfigKind::json},
    {"process.json", ConfigKind::json},
    {"*runtimeconfig*.json", ConfigKind::json},
    {"appsettings*.json", ConfigKind::json},
    {"*config*.json", ConfigKind::json},
    {"*settings*.json", ConfigKind::json},
    {"*/config/*.json", ConfigKind::json},
    {"*/conf/*.json", ConfigKind::json},
    {"*.bat", ConfigKind::batch},
    {"*.cmd", ConfigKind::batch},
    {"*.ps1", ConfigKind::batch},
    {"*.sql", ConfigKind::sql},
    {"*.pp", ConfigKind::ini},
    {"server.xml", ConfigKind::xml},
    {"*jetty*.xml", ConfigKind::xml},
    {"standalone*.xml", ConfigKind::xml},
    {"*-site.xml", ConfigKind::xml},
    {"*.csproj", ConfigKind::xml},
    {"*.fsproj", ConfigKind::xml},
    {"*.vbproj", ConfigKind::xml},
    {"directory.build.props", ConfigKind::xml},
    {"app.config", ConfigKind::xml},
    {"web.config", ConfigKind::xml},
    {"*.exe.config", ConfigKind::xml},
    {"*uwsgi*.xml", ConfigKind::xml},
});

bool matches(std::string_view glob, const std::string& rooted, std::string_view name) {
  return glob_match(glob, glob.find('/') == std::string_view::npos ? name : std::string_view{rooted});
}

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool ends_as_settings(std::string_view relative) {
  const auto name = lower(file_name(relative));
  return glob_match("*.conf*", name) || glob_match("*.cfg*", name);
}

bool is_capital(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Variables and hardly anything else: env-defaults, environment.
bool holds_variables(std::string_view head) {
  std::size_t found = 0;
  std::size_t others = 0;
  while (!head.empty()) {
    const auto end = std::min(head.find('\n'), head.size());
    auto line = trim(head.substr(0, end));
    head.remove_prefix(std::min(end + 1, head.size()));
    if (line.empty() || line.front() == '#') continue;
    if (line.substr(0, 7) == "export ") line.remove_prefix(7);
    const auto equals = line.find('=');
    const bool variable =
        equals != std::string_view::npos && equals > 1 && std::all_of(line.begin(), line.begin() + equals, is_capital);
    ++(variable ? found : others);
  }
  return found >= 2 && found >= 10 * others;
}

/// At the beginning of a line, indented or not.
bool begins_line(std::string_view head, std::string_view word) {
  for (auto at = head.find(word); at != std::string_view::npos; at = head.find(word, at + 1)) {
    const auto before = head.substr(0, at).find_last_not_of(" \t");
    if (before == std::string_view::npos || head[before] == '\n') return true;
  }
  return false;
}

ConfigKind kind_from_content(std::string_view head, bool is_settings) {
  if (begins_line(head, "worker_processes") || has(head, "worker_connections") || has(head, "server {") ||
      has(head, "proxy_pass ")) {
    return ConfigKind::nginx;
  }
  if (has(head, "<IfModule") || has(head, "<VirtualHost") || has(head, "<Directory"))
    return ConfigKind::apache;
  if (has(head, "shared_buffers") || has(head, "max_wal_size")) return ConfigKind::postgresql;
  if (has(head, "[mysqld]") || has(head, "[mariadb")) return ConfigKind::mysql;
  if (has(head, "pm.max_children")) return ConfigKind::php;
  if (has(head, "\nfrontend ") || has(head, "\nbackend ")) return ConfigKind::haproxy;
  if (has(head, "[Service]")) return ConfigKind::systemd;
  if (!is_settings && holds_variables(head)) return ConfigKind::environment;
  if (has(head, "\nmaxmemory") || has(head, "\nappendonly ")) return ConfigKind::redis;
  return is_settings ? ConfigKind::ini : ConfigKind::none;
}

bool is_shell_shebang(std::string_view head) {
  if (head.substr(0, 2) != "#!") return false;
  const auto line = head.substr(0, head.find('\n'));
  return has(line, "/sh") || has(line, "bash") || has(line, "dash") || has(line, "ksh") || has(line, " sh") ||
         has(line, "zsh") || has(line, "with-contenv");
}

/// sbt's application.ini and launchers' .ini files hold one JVM option a line.
bool holds_jvm_options(std::string_view head) {
  while (!head.empty()) {
    const auto end = std::min(head.find('\n'), head.size());
    const auto line = trim(head.substr(0, end));
    head.remove_prefix(std::min(end + 1, head.size()));
    if (line.empty() || line.front() == '#') continue;
    if (line.front() != '-') return false;
    if (line.substr(0, 2) == "-X" || line.substr(0, 4) == "-J-X") return true;
  }
  return false;
}

}  // namespace

Language language_of(std::string_view relative) {
  const auto name = file_name(relative);
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? Language::none : language_of_extension(lower(name.substr(dot + 1)));
}

ConfigKind config_kind_of(std::string_view relative) {
  const auto rooted = "/" + lower(relative);
  const auto name = file_name(rooted);
  for (const auto& [glob, kind] : config_globs) {
    if (matches(glob, rooted, name)) return kind;
  }
  return ConfigKind::none;
}

bool wants_sniffing(std::string_view relative) {
  const auto name = lower(file_name(relative));
  const auto dot = name.rfind('.');
  if (dot == std::string::npos || glob_match("*.so", name) || glob_match("*.so.*", name)) return true;
  constexpr std::array<std::string_view, 14> endings{".tpl", ".tftpl", ".ctmpl",
                                                     ".conf",     ".cfg",  ".in",      ".j2",     ".erb", ".tmpl",
                                                     ".template", ".dist", ".example", ".sample", ".xml"};
  return std::find(endings.begin(), endings.end(), name.substr(dot)) != endings.end();
}

FileClass sniff(FileClass file, std::string_view relative, std::string_view content) {
  const bool relative_is_settings = ends_as_settings(relative);
  const auto head = content.substr(0, 16384);
  if (head.substr(0, 1024).find('\0') != std::string_view::npos) return FileClass{.role = file.role};
  if (file.language == Language::none && is_shell_shebang(head)) {
    file.language = Language::shell;
    file.config = ConfigKind::none;
  } else if (file.language == Language::none && head.substr(0, 2) == "#!" &&
             has(head.substr(0, head.find('\n')), "python")) {
    file.language = Language::python;
    file.config = ConfigKind::none;
  }
  if (file.config == ConfigKind::ini && holds_jvm_options(head)) file.config = ConfigKind::jvm_options;
  if (file.known() || head.substr(0, 2) == "#!") return file;
  if (glob_match("*.xml", lower(relative))) {
    // Of XML only what tells whose it is: a libvirt domain, ClickHouse.
    if (has(head, "<domain type=") || has(head, "<domain xmlns") || has(head, "<clickhouse>") || has(head, "<yandex>"))
      file.config = ConfigKind::xml;
    return file;
  }
  file.config = kind_from_content(head, relative_is_settings);
  return file;
}

}  // namespace dynascale::check
