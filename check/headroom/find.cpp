#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "check/config/setting.hpp"
#include "check/files/classify.hpp"
#include "check/files/read.hpp"
#include "check/files/walk.hpp"
#include "check/headroom/headroom.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t config_bytes = std::size_t{1} << 20;

using Name = std::pair<std::string_view, std::string_view>;

/// A program's name -> the component that it is. `*` matches any run of characters.
constexpr auto programs = std::to_array<Name>({
    {"apache2", "apache"},
    {"httpd", "apache"},
    {"celery", "celery"},
    {"gunicorn*", "gunicorn"},
    {"haproxy", "haproxy"},
    {"java", "jvm"},
    {"mariadbd*", "mariadb"},
    {"mysqld*", "mariadb"},
    {"memcached", "memcached"},
    {"nginx", "nginx"},
    {"openresty", "nginx"},
    {"node", "node"},
    {"nodejs", "node"},
    {"pm2", "node"},
    {"php-fpm*", "php-fpm"},
    {"postgres", "postgresql"},
    {"puma", "puma"},
    {"beam.smp", "rabbitmq"},
    {"rabbitmq-server", "rabbitmq"},
    {"redis-server", "redis"},
    {"valkey-server", "redis"},
    {"uwsgi*", "uwsgi"},
});

std::string_view component_of_kind(ConfigKind kind) {
  switch (kind) {
    case ConfigKind::nginx:
      return "nginx";
    case ConfigKind::apache:
      return "apache";
    case ConfigKind::haproxy:
      return "haproxy";
    case ConfigKind::redis:
      return "redis";
    case ConfigKind::memcached:
      return "memcached";
    case ConfigKind::mysql:
      return "mariadb";
    case ConfigKind::postgresql:
      return "postgresql";
    case ConfigKind::uwsgi:
      return "uwsgi";
    case ConfigKind::jvm_options:
      return "jvm";
    case ConfigKind::go_mod:
      return "go";
    default:
      return {};
  }
}

/// By file name, for what has no syntax of its own.
constexpr auto file_names = std::to_array<Name>({
    {"gunicorn*.py", "gunicorn"},
    {"celeryconfig.py", "celery"},
    {"puma.rb", "puma"},
    {"ecosystem.config.*js", "node"},
    {"package.json", "node"},
    {"rabbitmq.conf", "rabbitmq"},
    {"php-fpm*.conf", "php-fpm"},
    {"www.conf", "php-fpm"},
    {"pom.xml", "jvm"},
    {"build.gradle*", "jvm"},
});

template <std::size_t N>
std::string_view lookup(const std::array<Name, N>& names, std::string_view name) {
  for (const auto& [glob, component] : names) {
    if (glob_match(glob, name)) return component;
  }
  return {};
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

class Finder {
 public:
  void add(std::string_view component, const std::string& where) {
    if (!component.empty()) found_.emplace(component, where);
  }

  void file(const ListedFile& listed) {
    add(lookup(file_names, lower(base_name(listed.relative))), listed.path);
    auto kind = config_kind_of(listed.relative);
    if (kind == ConfigKind::none && !wants_sniffing(listed.relative)) return;
    const auto role = role_of(listed.relative);
    if (role == Role::test || role == Role::vendored) return;
    const auto bytes = read_file(listed.path, config_bytes);
    if (!bytes) return;
    FileClass guess;
    guess.config = kind;
    kind = sniff(guess, listed.relative, bytes->view()).config;
    add(component_of_kind(kind), listed.path);
    commands(kind, bytes->view(), listed.path);
  }

  std::vector<FoundComponent> take() {
    std::vector<FoundComponent> out;
    for (auto& [name, where] : found_) out.push_back({std::string{name}, std::move(where)});
    return out;
  }

 private:
  void commands(ConfigKind kind, std::string_view text, const std::string& where) {
    switch (kind) {
      case ConfigKind::systemd:
      case ConfigKind::dockerfile:
      case ConfigKind::compose:
      case ConfigKind::yaml:
      case ConfigKind::procfile:
        break;
      default:
        return;
    }
    for (const auto& command : read_config(kind, text).commands) {
      add(lookup(programs, command.program()), where);
      // `python -m celery`, `bundle exec puma`, `/usr/bin/env gunicorn`: the first few words tell.
      std::string_view rest = command.text;
      for (int word = 0; word < 4 && !(rest = trim(rest)).empty(); ++word) {
        const auto end = std::min(rest.find(' '), rest.size());
        add(lookup(programs, base_name(rest.substr(0, end))), where);
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  }

  std::map<std::string_view, std::string> found_;
};

}  // namespace

std::vector<FoundComponent> find_components(const std::vector<std::string>& paths) {
  Finder finder;
  for (const auto& listed : list_files(paths, {}).files) finder.file(listed);
  return finder.take();
}

std::vector<FoundComponent> components_of(std::span<const LiveInstance> instances) {
  Finder finder;
  for (const auto& instance : instances) finder.add(lookup(programs, instance.name), instance.label());
  return finder.take();
}

}  // namespace dynascale::check
