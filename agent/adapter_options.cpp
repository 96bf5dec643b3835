#include "agent/adapter_options.hpp"

namespace dynascale::agent {

namespace {

template <class Options>
void fill(Options& options, const config::WorkerSettings& settings) {
  options.min_workers = static_cast<int>(settings.min_workers);
  options.max_workers = static_cast<int>(settings.max_workers);
}

void fill(uwsgi::Options& options, const config::UwsgiSettings& settings) {
  options.min_workers = static_cast<int>(settings.min_workers);
  options.max_workers = static_cast<int>(settings.max_workers);
  options.stats = settings.stats;
}

template <class Options>
void fill(Options& options, const config::ReloadSettings& settings) {
  options.drop_in = settings.drop_in;
  options.min_workers = static_cast<int>(settings.min_workers);
  options.max_workers = static_cast<int>(settings.max_workers);
}

}  // namespace

AdapterOptions adapter_options(const config::AgentConfig& config) {
  AdapterOptions options;
  options.custom = config.applications;
  options.gunicorn.min_workers = static_cast<int>(config.gunicorn.min_workers);
  options.gunicorn.max_workers = static_cast<int>(config.gunicorn.max_workers);
  options.gunicorn.timeout_seconds =
      static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(config.gunicorn.timeout).count());
  using DryRun = gunicorn::Options::DryRun;
  options.gunicorn.dry_run = config.gunicorn.check_config ? DryRun::required : DryRun::never;
  const auto& postgresql = config.postgresql;
  if (!postgresql.user.empty()) options.postgresql.user = postgresql.user;
  if (!postgresql.database.empty()) options.postgresql.database = postgresql.database;
  if (!postgresql.socket.empty()) options.postgresql.socket_directory = postgresql.socket;
  if (postgresql.port != 0) options.postgresql.port = static_cast<int>(postgresql.port);
  options.postgresql.password_file = postgresql.password_file;
  const auto& mariadb = config.mariadb;
  if (!mariadb.user.empty()) options.mariadb.user = mariadb.user;
  if (!mariadb.socket.empty()) options.mariadb.socket = mariadb.socket;
  options.mariadb.drop_in = mariadb.drop_in;
  options.mariadb.option_file = mariadb.password_file;
  options.redis.socket = config.redis.socket;
  options.redis.user = config.redis.user;
  options.redis.password_file = config.redis.password_file;
  options.memcached.socket = config.memcached.socket;
  fill(options.nginx, config.nginx);
  fill(options.php_fpm, config.php_fpm);
  fill(options.apache, config.apache);
  options.haproxy.socket = config.haproxy.socket;
  options.pgbouncer.user = config.pgbouncer.user;
  options.pgbouncer.password_file = config.pgbouncer.password_file;
  fill(options.puma, config.puma);
  fill(options.uwsgi, config.uwsgi);
  options.celery = {.min_workers = static_cast<int>(config.celery.min_workers),
                    .max_workers = static_cast<int>(config.celery.max_workers),
                    .command = config.celery.command};
  return options;
}

}  // namespace dynascale::agent
