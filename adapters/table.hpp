#pragma once
/// Every adapter, in one explicit table: a new one is a folder and a row here.

#include <memory>
#include <vector>

#include "adapters/adapter.hpp"
#include "adapters/custom.hpp"
#include "adapters/gunicorn/plan.hpp"
#include "adapters/mariadb/plan.hpp"
#include "adapters/postgresql/plan.hpp"
#include "runtime/files.hpp"

namespace dynascale {

/// The settings of each adapter; the agent's configuration fills them.
struct AdapterOptions {
  postgresql::Options postgresql = {};
  mariadb::Options mariadb = {};
  gunicorn::Options gunicorn = {};
  CustomApplications custom = {};
};

/// In the order in which a grow is applied: caches first, then workers, then what stands in front. A shrink
/// goes backwards. `files` must live longer than the adapters.
[[nodiscard]] std::vector<std::unique_ptr<Adapter>> all_adapters(const Files& files,
                                                                 const AdapterOptions& options);

}  // namespace dynascale
