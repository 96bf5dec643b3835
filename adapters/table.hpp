#pragma once
/// Every adapter, in one explicit table: a new one is a folder and a row here.

#include <memory>
#include <string>
#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/apache/plan.hpp"
#include "adapters/celery/plan.hpp"
#include "adapters/custom.hpp"
#include "adapters/gunicorn/plan.hpp"
#include "adapters/haproxy/plan.hpp"
#include "adapters/mariadb/plan.hpp"
#include "adapters/memcached/plan.hpp"
#include "adapters/nginx/plan.hpp"
#include "adapters/pgbouncer/plan.hpp"
#include "adapters/php_fpm/plan.hpp"
#include "adapters/postgresql/plan.hpp"
#include "adapters/puma/plan.hpp"
#include "adapters/redis/plan.hpp"
#include "adapters/uwsgi/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// The settings of each adapter; the agent's configuration fills them.
struct AdapterOptions {
  postgresql::Options postgresql = {};
  mariadb::Options mariadb = {};
  gunicorn::Options gunicorn = {};
  redis::Options redis = {};
  memcached::Options memcached = {};
  nginx::Options nginx = {};
  php_fpm::Options php_fpm = {};
  apache::Options apache = {};
  haproxy::Options haproxy = {};
  pgbouncer::Options pgbouncer = {};
  puma::Options puma = {};
  uwsgi::Options uwsgi = {};
  celery::Options celery = {};
  CustomApplications custom = {};
};

/// In the order in which a grow is applied: caches first, then workers, then what stands in front. A shrink
/// goes backwards. `files` must live longer than the adapters.
[[nodiscard]] std::vector<std::unique_ptr<Adapter>> all_adapters(const Files& files,
                                                                 const AdapterOptions& options);

/// The table as a page of documentation: docs/adapters/README.md is its golden copy.
[[nodiscard]] std::string describe_table(const std::vector<std::unique_ptr<Adapter>>& table);

}  // namespace dynascale
