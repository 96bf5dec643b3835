#include "adapters/uwsgi/plan.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "adapters/sizing.hpp"

namespace dynascale::uwsgi {
namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 16;

tl::unexpected<Error> corrupt(std::string_view what) {
  return fail(Errc::corrupt, fmt::format("uWSGI's statistics are not as expected: {}", what));
}

/// A number that is missing or no number is none.
std::optional<std::int64_t> number_in(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  json::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? std::nullopt : std::optional{number};
}

}  // namespace

Result<Statistics> parse_statistics(std::string_view text) {
  const auto begin = text.find('{');
  if (begin == std::string_view::npos) return corrupt("there is no object");
  json::error_code error;
  const auto value =
      json::parse({text.data() + begin, text.size() - begin}, error, {}, {.max_depth = max_depth});
  if (error || !value.is_object()) return corrupt("it is no object of JSON");
  const auto& object = value.get_object();
  const auto master = number_in(object, "pid");
  if (!master || *master <= 0 || *master > INT32_MAX) return corrupt("'pid' is no process");
  const auto* workers = object.if_contains("workers");
  if (workers == nullptr || !workers->is_array()) return corrupt("'workers' is no list");
  Statistics statistics{.master = static_cast<std::int32_t>(*master)};
  for (const auto& worker : workers->get_array()) {
    const auto pid = worker.is_object() ? number_in(worker.get_object(), "pid") : std::nullopt;
    if (!pid) return corrupt("a worker has no 'pid'");
    ++statistics.slots;
    if (*pid > 0) ++statistics.running;  // One that is "cheap" with a number still finishes a request.
  }
  return statistics;
}

std::vector<std::string> obstacles_of(const Configuration& configuration) {
  if (!configuration.cheaper)
    return {
        "uWSGI was started without `cheaper`: `processes` is then fixed until a restart; set processes to "
        "the most, "
        "cheaper = 1, cheaper-algo = manual, master-fifo and stats"};
  if (configuration.algorithm != "manual")
    return {fmt::format(
        "uWSGI moves its workers itself (cheaper-algo {}); set cheaper-algo = manual and dynascale-agent "
        "does it by CPUs and memory",
        configuration.algorithm)};
  if (configuration.lazy_apps && configuration.need_app)
    return {
        "with lazy-apps and need-app a new worker that cannot load its code ends the whole server, so none "
        "is added; "
        "take one of the two away"};
  return {};
}

ApplicationPlan plan_workers(const Settings& settings, const Resources& resources, const Options& options) {
  auto plan = plan_worker_count(settings, resources,
                                {.per_vcpu = 2, .least = options.min_workers, .most = options.max_workers});
  if (usage_of(settings, usage_moves_itself) == 0) return plan;
  plan.now.clear();
  plan.pending_restart.clear();
  return plan;
}

}  // namespace dynascale::uwsgi
