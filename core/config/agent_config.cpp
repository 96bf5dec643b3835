#include "core/config/agent_config.hpp"

#include "core/config/check.hpp"
#include "core/config/keys.hpp"
#include "core/config/toml_reader.hpp"
#include "core/config/toml_writer.hpp"

namespace dynascale::config {

Checked<AgentConfig> parse_agent_config(std::string_view text, const std::string& file) {
  Checked<AgentConfig> checked;
  AgentConfig read;
  checked.problems = read_toml(text, file, [&](TomlReader& reader) { describe(reader, read); });
  check(read, file, checked.problems);
  if (checked.ok()) checked.value = std::move(read);
  return checked;
}

AdapterTerms terms_of(const AgentConfig& config, std::string_view name) {
  const auto terms = [](const auto& settings) { return AdapterTerms{settings.enabled, settings.weight}; };
  if (name == "gunicorn") return terms(config.gunicorn);
  if (name == "postgresql") return terms(config.postgresql);
  if (name == "mariadb") return terms(config.mariadb);
  if (name == "redis") return terms(config.redis);
  if (name == "memcached") return terms(config.memcached);
  if (name == "nginx") return terms(config.nginx);
  if (name == "php-fpm") return terms(config.php_fpm);
  if (name == "apache") return terms(config.apache);
  if (name == "haproxy") return terms(config.haproxy);
  if (name == "pgbouncer") return terms(config.pgbouncer);
  if (name == "puma") return terms(config.puma);
  if (name == "uwsgi") return terms(config.uwsgi);
  if (name == "celery") return terms(config.celery);
  if (name == "jvm") return terms(config.jvm);
  return {};
}

std::string to_toml(const AgentConfig& config) {
  std::string out;
  TomlWriter writer{out};
  auto copy = config;
  describe(writer, copy);
  return out;
}

}  // namespace dynascale::config
