#include "adapters/table.hpp"

#include <fmt/format.h>

#include "adapters/apache/apache.hpp"
#include "adapters/celery/celery.hpp"
#include "adapters/exec/exec.hpp"
#include "adapters/gunicorn/gunicorn.hpp"
#include "adapters/haproxy/haproxy.hpp"
#include "adapters/jvm/jvm.hpp"
#include "adapters/mariadb/mariadb.hpp"
#include "adapters/memcached/memcached.hpp"
#include "adapters/nginx/nginx.hpp"
#include "adapters/pgbouncer/pgbouncer.hpp"
#include "adapters/php_fpm/php_fpm.hpp"
#include "adapters/postgresql/postgresql.hpp"
#include "adapters/puma/puma.hpp"
#include "adapters/redis/redis.hpp"
#include "adapters/signal/signal.hpp"
#include "adapters/uwsgi/uwsgi.hpp"

namespace dynascale {
namespace {

constexpr std::string_view heading =
    R"(# Applications that follow

One row for each adapter, in the order in which a grow is applied; a shrink goes backwards. This page is written from
the table in the source (`adapters/table.cpp`); change it there, and run `test_unit_adapters` with
`DYNASCALE_UPDATE_GOLDEN=1`.

- **CPU**, **memory**: follows while it runs, without a restart.
- **reload**, **restart**: some settings take effect on a reload, or on a restart only; the latter are reported, and
  made only together with a restart that somebody allowed.
- **reversible**: a change that does not hold is undone.
- **need**: says how much memory it cannot do without, so that a shrink below that is refused.
- **by hand**: a value that somebody sets by hand is noticed and respected (drift in agent.toml). Elsewhere a value gets
  lost by itself, on a reload or with a worker, and is set again.

| application | maturity | CPU | memory | reload | restart | reversible | need | by hand |
|---|---|---|---|---|---|---|---|---|
)";

std::string_view to_string(Maturity maturity) {
  switch (maturity) {
    case Maturity::wip:
      return "work in progress";
    case Maturity::alpha:
      return "alpha";
    case Maturity::stable:
      return "stable";
  }
  return "unknown";
}

/// A bar would end the cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? std::string{"\\|"} : std::string(1, c);
  return escaped;
}

std::string_view mark(bool yes) {
  return yes ? "yes" : "–";
}

}  // namespace

std::vector<std::unique_ptr<Adapter>> all_adapters(const Files& files, const AdapterOptions& options) {
  std::vector<std::unique_ptr<Adapter>> table;
  table.push_back(std::make_unique<postgresql::Postgresql>(files, options.postgresql));
  table.push_back(std::make_unique<mariadb::Mariadb>(files, options.mariadb));
  table.push_back(std::make_unique<redis::Redis>(files, options.redis));
  table.push_back(std::make_unique<memcached::Memcached>(files, options.memcached));
  table.push_back(std::make_unique<jvm::Jvm>(files));
  table.push_back(std::make_unique<gunicorn::Gunicorn>(files, options.gunicorn));
  table.push_back(std::make_unique<exec::Exec>(files, options.custom));
  table.push_back(std::make_unique<signal::Signal>(files, options.custom));
  table.push_back(std::make_unique<puma::Puma>(files, options.puma));
  table.push_back(std::make_unique<uwsgi::Uwsgi>(files, options.uwsgi));
  table.push_back(std::make_unique<celery::Celery>(files, options.celery));
  table.push_back(std::make_unique<php_fpm::PhpFpm>(files, options.php_fpm));
  table.push_back(std::make_unique<apache::Apache>(files, options.apache));
  table.push_back(std::make_unique<nginx::Nginx>(files, options.nginx));
  table.push_back(std::make_unique<pgbouncer::Pgbouncer>(files, options.pgbouncer));
  table.push_back(std::make_unique<haproxy::Haproxy>(files, options.haproxy));
  return table;
}

std::string describe_table(const std::vector<std::unique_ptr<Adapter>>& table) {
  std::string page{heading};
  for (const auto& adapter : table) {
    const auto info = adapter->info();
    const auto can = adapter->capabilities();
    page += fmt::format("| [{}]({}.md) | {} | {} | {} | {} | {} | {} | {} | {} |\n", info.title, info.name,
                        to_string(info.maturity), mark(can.live_cpu), mark(can.live_memory),
                        mark(can.needs_reload), mark(can.needs_restart), mark(can.reversible),
                        mark(can.reports_need), mark(can.keeps_values));
  }
  page += "\n## Least rights\n\n| application | needs |\n|---|---|\n";
  for (const auto& adapter : table)
    page += fmt::format("| {} | {} |\n", adapter->info().title, cell(adapter->info().rights));
  return page;
}

}  // namespace dynascale
