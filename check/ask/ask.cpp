#include "check/ask/ask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stop_token>

#include "check/text/lines.hpp"
#include "runtime/command.hpp"

namespace dynascale::check {
namespace {

constexpr auto patience = std::chrono::seconds{5};
constexpr double age_tolerance_s = 5;

using Words = std::vector<std::string>;

/// The keys that some rule knows for files of that kind, as a quoted list of SQL or as words.
Words keys_of(const Catalog& catalog, ConfigKind kind) {
  Words keys;
  for (const auto& rule : catalog.rules()) {
    for (const auto& match : rule.settings) {
      if (std::find(match.files.begin(), match.files.end(), kind) == match.files.end()) continue;
      for (const auto& key : match.keys) {
        if (key.find_first_of("*'\\ ") == std::string::npos) keys.push_back(key);
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::string sql_list(const Words& keys) {
  std::string out;
  for (const auto& key : keys) out += (out.empty() ? "'" : ", '") + key + "'";
  return out;
}

Result<std::string> run(Words argv, const Clock& clock) {
  Command command;
  command.argv = std::move(argv);
  for (const auto* name : {"PATH", "HOME", "USER", "LOGNAME"}) {
    if (const char* value = std::getenv(name)) command.environment.push_back(fmt::format("{}={}", name, value));
  }
  command.environment.emplace_back("LC_ALL=C");
  const auto program = command.argv.front();
  const auto result = run_command(command, clock, clock.now() + patience, std::stop_token{});
  if (!result && result.error().code == Errc::not_found)
    return fail(Errc::not_found, fmt::format("{} is not installed", program));
  if (!result) return tl::unexpected(result.error());
  if (result->status != 0) {
    const auto said = trim(result->output);
    const auto line = printable(said.substr(0, said.find('\n')), 200);
    return fail(Errc::permission_denied, fmt::format("{}: {}", program, line));
  }
  return result->output;
}

/// The value of `--name=VALUE` or `--name VALUE`.
std::string option(const Words& words, std::string_view name) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == name && i + 1 < words.size()) return words[i + 1];
    if (words[i].rfind(std::string{name} + "=", 0) == 0) return words[i].substr(name.size() + 1);
  }
  return {};
}

Result<ServerAnswer> ask_postgresql(std::string_view sockets, const Catalog& catalog, const Clock& clock) {
  const auto found = sockets_named(sockets, ".s.PGSQL.");
  if (found.empty()) return fail(Errc::not_found, "no socket of PostgreSQL in this network namespace");
  const auto sql = fmt::format(
      "SELECT 'age', extract(epoch FROM now() - pg_postmaster_start_time())::float8, NULL, NULL; "
      "SELECT name, current_setting(name), context, source FROM pg_settings WHERE name IN ({})",
      sql_list(keys_of(catalog, ConfigKind::postgresql)));
  const auto& socket = found.front();
  const auto slash = socket.rfind('/');
  auto text = run({"psql", "-wXqAt", "-F", "\t", "-h", socket.substr(0, slash), "-p",
                   socket.substr(slash + 1 + std::string_view{".s.PGSQL."}.size()), "-d", "postgres", "-c", sql},
                  clock);
  return text ? parse_postgresql_answer(*text) : tl::unexpected(text.error());
}

Result<ServerAnswer> ask_mariadb(const Words& words, std::string_view sockets, const Catalog& catalog,
                                 const Clock& clock) {
  auto socket = option(words, "--socket");
  if (socket.empty()) {
    const auto found = sockets_named(sockets, "mysqld.sock");
    if (found.empty()) return fail(Errc::not_found, "no socket of MariaDB in this network namespace");
    socket = found.front();
  }
  auto keys = keys_of(catalog, ConfigKind::mysql);
  std::erase_if(keys, [](const std::string& key) { return key.find('-') != std::string::npos; });
  const auto sql = fmt::format(
      "SELECT 'age', VARIABLE_VALUE, '', '' FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME'; "
      "SELECT VARIABLE_NAME, GLOBAL_VALUE, READ_ONLY, GLOBAL_VALUE_ORIGIN FROM information_schema.SYSTEM_VARIABLES "
      "WHERE GLOBAL_VALUE IS NOT NULL AND VARIABLE_NAME IN ({})",
      sql_list(keys));
  auto text = run({"mariadb", "--no-defaults", "--socket=" + socket, "--connect-timeout=3", "-NB", "-e", sql}, clock);
  return text ? parse_mariadb_answer(*text) : tl::unexpected(text.error());
}

/// Redis shows where it listens in its title: "redis-server 127.0.0.1:6379", "… unixsocket:/run/redis.sock".
Result<ServerAnswer> ask_redis(const Words& words, const Catalog& catalog, const Clock& clock) {
  const std::string address = words.size() > 1 ? words[1] : "";
  Words argv{"redis-cli"};
  if (address.rfind("unixsocket:", 0) == 0) {
    argv.insert(argv.end(), {"-s", address.substr(11)});
  } else {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) return fail(Errc::not_found, "its title does not say where it listens");
    auto host = address.substr(0, colon);
    if (host == "*" || host == "0.0.0.0") host = "127.0.0.1";
    argv.insert(argv.end(), {"-h", host, "-p", address.substr(colon + 1)});
  }
  auto info = argv;
  info.insert(info.end(), {"INFO", "server"});
  const auto about = run(info, clock);
  if (!about) return tl::unexpected(about.error());
  argv.insert(argv.end(), {"CONFIG", "GET"});
  for (const auto& key : keys_of(catalog, ConfigKind::redis)) argv.push_back(key);
  const auto config = run(argv, clock);
  if (!config) return tl::unexpected(config.error());
  return parse_redis_answer(*about + "\n" + *config);
}

/// The answer must be this process's: another server may hold the socket that was found.
Result<ServerAnswer> of_this_one(Result<ServerAnswer> answer, std::int32_t pid, double age_s) {
  if (!answer) return answer;
  const bool other = answer->pid ? *answer->pid != pid
                                 : !answer->age_s || std::abs(*answer->age_s - age_s) > age_tolerance_s;
  if (other) return fail(Errc::refused, "another server than this process answered");
  return answer;
}

}  // namespace

std::vector<std::string> sockets_named(std::string_view sockets, std::string_view name) {
  std::vector<std::string> out;
  const Lines lines{sockets};
  for (std::uint32_t number = 1; number <= lines.count(); ++number) {
    const auto line = lines.line(number);
    const auto begin = line.find(" /");
    if (begin == std::string_view::npos) continue;
    const auto path = line.substr(begin + 1);
    if (path.substr(path.rfind('/') + 1).substr(0, name.size()) != name) continue;
    if (std::find(out.begin(), out.end(), path) == out.end()) out.emplace_back(path);
  }
  return out;
}

std::optional<Result<ServerAnswer>> ask_server(const LiveInstance& instance, double age_s, std::string_view sockets,
                                               const Catalog& catalog, const Clock& clock) {
  const auto words = words_of(instance.main);
  const auto pid = instance.main.pid;
  if (instance.name == "postgres") return of_this_one(ask_postgresql(sockets, catalog, clock), pid, age_s);
  if (instance.name == "mariadbd" || instance.name == "mysqld")
    return of_this_one(ask_mariadb(words, sockets, catalog, clock), pid, age_s);
  if (instance.name == "redis-server" || instance.name == "valkey-server" || instance.name == "redis-check-rdb")
    return of_this_one(ask_redis(words, catalog, clock), pid, age_s);
  return std::nullopt;
}

}  // namespace dynascale::check
