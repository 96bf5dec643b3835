#include "core/config/check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/config/listen_address.hpp"

namespace dynascale::config {
namespace {

class Checker {
 public:
  Checker(std::string path, std::string source, std::vector<Problem>& problems)
      : path_{std::move(path)}, source_{std::move(source)}, problems_{problems} {}

  template <class T>
  void ordered(const char* low_key, const T& low, const char* high_key, const T& high) {
    if (high < low) problem(low_key, fmt::format("must not be above {}{}", path_, high_key));
  }
  template <class T>
  void apart(const char* low_key, const T& low, const char* high_key, const T& high) {
    if (!(low < high)) problem(low_key, fmt::format("must be below {}{}", path_, high_key));
  }
  void problem(const char* key, std::string what) {
    problems_.push_back(
        {.file = source_, .line = 0, .column = 0, .key = path_ + key, .what = std::move(what)});
  }

 private:
  std::string path_;
  std::string source_;
  std::vector<Problem>& problems_;
};

void check_window(Checker& check, const std::string& name, const policy::ScheduleWindow& window) {
  const auto at = [&](const char* key) { return "schedule." + name + '.' + key; };
  if (window.start.text.empty()) check.problem(at("start").c_str(), "is missing; for example \"0 8 * * Mon-Fri\"");
  if (window.end.text.empty()) check.problem(at("end").c_str(), "is missing; for example \"0 18 * * Mon-Fri\"");
  if (!window.start.text.empty() && window.start.text == window.end.text)
    check.problem(at("end").c_str(), "must not be the same as start");
  if (window.vcpus_min && window.vcpus_max)
    check.ordered(at("vcpus_min").c_str(), *window.vcpus_min, at("vcpus_max").c_str(), *window.vcpus_max);
  if (window.memory_min && window.memory_max)
    check.ordered(at("memory_min").c_str(), *window.memory_min, at("memory_max").c_str(), *window.memory_max);
  if (!window.vcpus_min && !window.vcpus_max && !window.memory_min && !window.memory_max)
    check.problem(("schedule." + name).c_str(),
                  "bounds nothing; expected vcpus_min, vcpus_max, memory_min or memory_max");
}

void check_schedule(Checker& check, const policy::PolicyConfig& policy) {
  for (const auto& [name, window] : policy.schedule) check_window(check, name, window);
  if (policy.schedule.size() > policy::max_windows)
    check.problem("schedule", fmt::format("has more than {} windows", policy::max_windows));
  const auto& rules = policy.rules;
  if (policy.schedule.empty() && std::find(rules.begin(), rules.end(), policy::Rule::schedule) != rules.end())
    check.problem("rules", "names \"schedule\", but there is no window: [schedule.NAME] with start and end");
}

void check_metrics(Checker& check, const policy::PolicyConfig& policy) {
  for (const auto& [name, target] : policy.metrics) {
    if (!is_metric_name(name))
      check.problem(("metric." + name).c_str(),
                    "must be called by lower-case letters, digits and '_', a letter first, at most 64");
    if (target.target <= 0) check.problem(("metric." + name + ".target").c_str(), "is missing; it must be above 0");
  }
  if (policy.metrics.size() > policy::max_metrics)
    check.problem("metric", fmt::format("names more than {} figures", policy::max_metrics));
  if (policy.metrics.empty() && std::ranges::find(policy.rules, policy::Rule::metric) != policy.rules.end())
    check.problem("rules", "names \"metric\", but no figure has a target: [metric.NAME] with target");
}

void check_dashboard(Checker& check, const DashboardConfig& dashboard) {
  const auto full = [&](const char* key, const std::string& path) {
    if (!path.empty() && !path.starts_with('/')) check.problem(key, "must be a full path, or empty");
  };
  full("dashboard.token_file", dashboard.token_file);
  full("dashboard.tls_certificate", dashboard.tls_certificate);
  full("dashboard.tls_key", dashboard.tls_key);
  if (dashboard.tls_certificate.empty() != dashboard.tls_key.empty())
    check.problem("dashboard.tls_key", "must be given together with dashboard.tls_certificate");
  for (const auto& name : dashboard.names)
    if (name.empty() || name.find_first_of(":/ *") != std::string::npos)
      check.problem("dashboard.names", fmt::format("'{}' must be a host name without port", name));
  if (dashboard.listen.empty()) return;
  const auto place = parse_listen_address(dashboard.listen);
  if (!place)
    check.problem("dashboard.listen", "must be ADDRESS:PORT, as in \"127.0.0.1:9188\" or \"[::1]:9188\"");
  if (!place || place->loopback) return;
  if (dashboard.tls_certificate.empty())
    check.problem("dashboard.tls_certificate", "must be given: dashboard.listen is not a loopback address");
  if (dashboard.token_file.empty())
    check.problem("dashboard.token_file", "must be given: dashboard.listen is not a loopback address");
}

}  // namespace

void check(const GuestPolicy& policy, const std::string& path, const std::string& source,
           std::vector<Problem>& problems) {
  Checker check{path, source, problems};
  const auto& limits = policy.limits;
  if (limits.vcpus_min && limits.vcpus_max)
    check.ordered("vcpus_min", *limits.vcpus_min, "vcpus_max", *limits.vcpus_max);
  if (limits.memory_min && limits.memory_max)
    check.ordered("memory_min", *limits.memory_min, "memory_max", *limits.memory_max);
  if (policy.policy.rules.empty())
    check.problem("rules", "must name at least one rule; mode = \"off\" turns scaling off");
  const auto& rules = policy.policy.rules;
  if (std::ranges::any_of(rules, policy::is_forecast) && std::ranges::none_of(rules, policy::judges_both))
    check.problem("rules", "must name \"pressure\" or \"threshold\" as well: a forecast does not decide alone");
  check_schedule(check, policy.policy);
  check_metrics(check, policy.policy);
  const auto& threshold = policy.policy.threshold;
  check.apart("threshold.floor_percent", threshold.floor, "threshold.cap_percent", threshold.cap);
  check.apart("threshold.memory_floor_percent", threshold.memory_floor, "threshold.memory_cap_percent",
              threshold.memory_cap);
  const auto& pressure = policy.policy.pressure;
  check.ordered("pressure.stall_low_percent", pressure.stall_low, "pressure.stall_high_percent",
                pressure.stall_high);
  check.ordered("pressure.memory_stall_low_percent", pressure.memory_stall_low,
                "pressure.memory_stall_high_percent", pressure.memory_stall_high);
  const auto& guard = policy.policy.guard;
  check.ordered("guard.urgent_cooldown", guard.urgent_cooldown, "guard.grow_cooldown", guard.grow_cooldown);
  check.ordered("guard.floor_hold", guard.floor_hold, "guard.floor_hold_max", guard.floor_hold_max);
  check.ordered("guard.failure_backoff", guard.failure_backoff, "guard.failure_backoff_max",
                guard.failure_backoff_max);
  check.apart("resize.tolerance", policy.resize.tolerance, "resize.shrink_step", policy.resize.shrink_step);
}

void check(const HostConfig& config, const std::string& source, std::vector<Problem>& problems) {
  Checker check{"", source, problems};
  const auto& hook = config.scale_out;
  if (!hook.webhook.empty() && !hook.webhook.starts_with("http://"))
    check.problem("scale_out.webhook", "must begin with http://; for anything else name a command");
  if (!hook.command.empty() && !hook.command.front().starts_with('/'))
    check.problem("scale_out.command", "must name its program with an absolute path");
  if (!config.history.path.empty() && !config.history.path.starts_with('/'))
    check.problem("history.path", "must be a full path, or empty to keep no history");
  check_dashboard(check, config.dashboard);
}

void check(const AgentConfig& config, const std::string& source, std::vector<Problem>& problems) {
  if (!config.cgroup.starts_with('/') || config.cgroup.find("..") != std::string::npos)
    Checker{"", source, problems}.problem("cgroup", "must be a path that begins with / and has no ..");
  if (!config.adapters_directory.starts_with('/'))
    Checker{"", source, problems}.problem("adapters_directory", "must be a full path");
  if (!config.state_file.empty() && !config.state_file.starts_with('/'))
    Checker{"", source, problems}.problem("state_file", "must be a full path, or empty");
  Checker{"gunicorn.", source, problems}.ordered("min_workers", config.gunicorn.min_workers, "max_workers",
                                                 config.gunicorn.max_workers);
  const auto bounded = [&](const char* section, const auto& settings) {
    Checker{section, source, problems}.ordered("min_workers", settings.min_workers, "max_workers",
                                               settings.max_workers);
  };
  bounded("nginx.", config.nginx);
  bounded("php-fpm.", config.php_fpm);
  bounded("apache.", config.apache);
  bounded("puma.", config.puma);
  bounded("uwsgi.", config.uwsgi);
  bounded("celery.", config.celery);
  for (const auto& [name, one] : config.applications) check(one, "application." + name + '.', source, problems);
  check(config.metrics, source, problems);
}

}  // namespace dynascale::config
