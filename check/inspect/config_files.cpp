#include "check/inspect/config_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

/// One application: the options that name its file, and where its packages put it. Lists are blank-separated;
/// a default without a leading slash lies below the working folder.
struct Program {
  std::string_view names, options, known_as, defaults;
  std::string_view endings = {};  ///< A plain argument that ends so is a file, too.
};

constexpr auto programs = std::to_array<Program>({
    {"nginx openresty", "-c", "nginx.conf",
     "/etc/nginx/nginx.conf /etc/nginx/conf.d/*.conf /etc/nginx/sites-enabled/*"},
    {"apache2", "-f", "apache2.conf",
     "/etc/apache2/apache2.conf /etc/apache2/mods-enabled/mpm_*.conf /etc/apache2/conf-enabled/*.conf"},
    {"httpd", "-f", "httpd.conf",
     "/etc/httpd/conf/httpd.conf /etc/httpd/conf.d/*.conf /etc/httpd/conf.modules.d/*mpm.conf"},
    {"haproxy", "-f", "haproxy.cfg", "/etc/haproxy/haproxy.cfg"},
    {"redis-server valkey-server redis-check-rdb", "", "redis.conf",
     "/etc/redis/redis.conf /etc/valkey/valkey.conf", ".conf"},
    {"postgres", "config_file=", "postgresql.conf", "postgresql.conf postgresql.auto.conf"},
    {"mariadbd mysqld", "--defaults-file --defaults-extra-file", "my.cnf",
     "/etc/my.cnf /etc/my.cnf.d/*.cnf /etc/mysql/my.cnf /etc/mysql/conf.d/*.cnf "
     "/etc/mysql/mariadb.conf.d/*.cnf "
     "/etc/mysql/mysql.conf.d/*.cnf"},
    {"gunicorn", "-c --config", "gunicorn.conf.py", "gunicorn.conf.py"},
    {"hypercorn", "-c --config", "hypercorn.conf.py", ""},
    {"uwsgi uwsgi-core", "--ini", "uwsgi.ini", "", ".ini"},
    {"puma", "-C --config", "puma.rb", "config/puma.rb"},
    {"pgbouncer", "", "pgbouncer.ini", "/etc/pgbouncer/pgbouncer.ini", ".ini"},
    {"celery", "--config", "celeryconfig.py", "celeryconfig.py"},
    {"mongod", "-f --config", "mongod.yaml", "/etc/mongod.conf"},
    {"java", "", "", "", ".properties .yml .yaml"},
    {"rabbitmq-server beam.smp", "", "", "/etc/rabbitmq/rabbitmq.conf /etc/rabbitmq/rabbitmq-env.conf"},
    {"varnishd", "", "", ""},
});

std::vector<std::string_view> words_in(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    if (end > 0) out.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

const Program* program_named(std::string_view name) {
  for (const auto& program : programs) {
    const auto names = words_in(program.names);
    if (std::find(names.begin(), names.end(), name) != names.end()) return &program;
  }
  return nullptr;
}

std::string absolute(std::string_view path, const std::string& folder) {
  if (path.starts_with('/')) return std::filesystem::path{path}.lexically_normal().string();
  if (folder.empty()) return {};
  return (std::filesystem::path{folder} / path).lexically_normal().string();
}

/// Every value of `option`: "-c FILE", "-cFILE", "--config FILE", "--config=FILE".
void add_values(const std::vector<std::string>& words, std::string_view option,
                std::vector<std::string>& out) {
  const bool is_long = option.starts_with("--");
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == option && !option.ends_with('=')) {
      if (i + 1 < words.size()) out.push_back(words[i + 1]);
    } else if (word.starts_with(option) && word.size() > option.size()) {
      const auto rest = word.substr(option.size());
      if (option.ends_with('='))
        out.emplace_back(rest);
      else if (rest.front() == '=')
        out.emplace_back(rest.substr(1));
      else if (!is_long && option.size() == 2)
        out.emplace_back(rest);
    }
  }
}

std::vector<std::string> named_files(const Program& program, const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const auto option : words_in(program.options)) add_values(words, option, files);
  for (std::size_t i = 1; i < words.size(); ++i) {
    for (const auto ending : words_in(program.endings)) {
      if (words[i].ends_with(ending) && words[i].front() != '-') files.push_back(words[i]);
    }
  }
  return files;
}

/// The folder against which relative paths count.
std::string folder_of(const LiveInstance& instance, const std::vector<std::string>& words) {
  if (instance.name != "postgres") return instance.main.working_directory;
  std::vector<std::string> folders;
  add_values(words, "-D", folders);
  return folders.empty() ? instance.main.working_directory
                         : absolute(folders.back(), instance.main.working_directory);
}

/// "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)".
void add_php_fpm(const LiveInstance& instance, std::vector<ConfigCandidate>& out) {
  const std::string_view title =
      instance.main.argv.empty() ? "" : std::string_view{instance.main.argv.front()};
  const auto open = title.find('(');
  const auto close = title.find(')', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return;
  const std::filesystem::path file{title.substr(open + 1, close - open - 1)};
  if (!file.is_absolute()) return;
  const auto folder = file.parent_path().string();
  out.push_back({file.string(), "php-fpm.conf"});
  out.push_back({folder + "/pool.d/*.conf", "php-fpm.conf"});
  out.push_back({folder + "/php-fpm.d/*.conf", "php-fpm.conf"});
  out.push_back({folder + "/php.ini", "php.ini"});
  out.push_back({folder + "/conf.d/*opcache*.ini", "php.ini"});
}

}  // namespace

std::vector<ConfigCandidate> config_candidates(const LiveInstance& instance) {
  std::vector<ConfigCandidate> out;
  if (instance.name.starts_with("php-fpm")) {
    add_php_fpm(instance, out);
    return out;
  }
  const auto* program = program_named(instance.name);
  if (program == nullptr) return out;
  const auto words = words_of(instance.main);
  const auto folder = folder_of(instance, words);
  auto files = named_files(*program, words);
  // An extra file comes on top of the defaults; any other option replaces them.
  const bool only_extra =
      std::none_of(words.begin(), words.end(),
                   [](const std::string& word) { return word.starts_with("--defaults-file"); }) &&
      program->known_as == "my.cnf";
  if (files.empty() || only_extra)
    for (const auto path : words_in(program->defaults)) files.emplace_back(path);
  // What ALTER SYSTEM wrote counts wherever the main file lies.
  if (instance.name == "postgres") files.emplace_back("postgresql.auto.conf");
  for (const auto& file : files) {
    const std::string_view plain = file.starts_with("file:") ? std::string_view{file}.substr(5) : file;
    auto path = absolute(plain, folder);
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const auto& other) { return other.path == path; });
    if (!path.empty() && !known) out.push_back({std::move(path), std::string{program->known_as}});
  }
  return out;
}

std::vector<std::string> unit_files(std::string_view unit) {
  std::vector<std::string> out;
  if (unit.empty() || unit.find('*') != std::string_view::npos) return out;
  std::vector<std::string> names{std::string{unit}};
  const auto at = unit.find('@');
  const auto dot = unit.rfind('.');
  if (at != std::string_view::npos && dot != std::string_view::npos && at < dot)
    names.push_back(std::string{unit.substr(0, at + 1)} + std::string{unit.substr(dot)});
  for (const auto& name : names) {
    for (const auto* folder : {"/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"}) {
      out.push_back(fmt::format("{}/{}", folder, name));
      out.push_back(fmt::format("{}/{}.d/*.conf", folder, name));
    }
  }
  return out;
}

}  // namespace dynascale::check
