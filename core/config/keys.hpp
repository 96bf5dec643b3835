#pragma once
/// Every key of hostd.toml, agent.toml and the policy metadata, with its bounds, stated once. Readers and the
/// writer visit them: `value(key, field[, bounds])`, `maybe` for an optional field, `list`, `section(name,
/// inside)`, and `named(name, map, prototype, inside)` for tables whose names the operator chooses. Values
/// stand before sections.

#include "core/config/adapter_keys.hpp"
#include "core/config/agent_config.hpp"
#include "core/config/host_config.hpp"
#include "core/config/scalar.hpp"

namespace dynascale::config {

template <class V>
void describe(V& v, policy::ThresholdConfig& c) {
  v.value("cap_percent", c.cap, bounds::percent);
  v.value("floor_percent", c.floor, bounds::percent);
  v.value("memory_cap_percent", c.memory_cap, bounds::percent);
  v.value("memory_floor_percent", c.memory_floor, bounds::percent);
  v.value("period", c.period, bounds::tick);
  v.value("step", c.step, bounds::vcpus);
  v.value("memory_step", c.memory_step, bounds::memory);
}

template <class V>
void describe(V& v, policy::PressureConfig& c) {
  v.value("target_percent", c.target, bounds::target);
  v.value("saturated_percent", c.saturated, bounds::target);
  v.value("stall_high_percent", c.stall_high, bounds::percent);
  v.value("stall_low_percent", c.stall_low, bounds::percent);
  v.value("steal_limit_percent", c.steal_limit, bounds::percent);
  v.value("memory_target_percent", c.memory_target, bounds::target);
  v.value("memory_stall_high_percent", c.memory_stall_high, bounds::percent);
  v.value("memory_stall_low_percent", c.memory_stall_low, bounds::percent);
  v.value("swap_in_high_pages_per_s", c.swap_in_high, bounds::rate);
  v.value("refaults_high_per_s", c.refaults_high, bounds::rate);
  v.value("memory_growth_percent", c.memory_growth, bounds::percent);
  v.value("memory_reserve", c.memory_reserve, bounds::any_memory);
}

template <class V>
void describe(V& v, policy::ForecastConfig& c) {
  v.value("step", c.step, Between<Duration>{std::chrono::seconds{1}, std::chrono::hours{1}});
  v.value("lead_steps", c.lead_steps, Between<unsigned>{1, 64});
  v.value("unserved_price", c.unserved_price, Between<double>{1, 1e6});
  v.value("resize_price", c.resize_price, Between<double>{0, 1e6});
  v.value("billing", c.billing, bounds::pause);
}

template <class V>
void describe(V& v, policy::ScheduleWindow& c) {
  v.value("start", c.start);
  v.value("end", c.end);
  v.value("zone", c.zone);
  v.maybe("vcpus_min", c.vcpus_min, bounds::vcpus);
  v.maybe("vcpus_max", c.vcpus_max, bounds::vcpus);
  v.maybe("memory_min", c.memory_min, bounds::memory);
  v.maybe("memory_max", c.memory_max, bounds::memory);
}

template <class V>
void describe(V& v, policy::MetricTarget& c) {
  v.value("target", c.target, Between<double>{0, max_metric_value});
  v.value("resource", c.resource);
  v.value("per", c.per);
  v.value("tolerance_percent", c.tolerance, Between<double>{0, 90});
  v.value("stale_after", c.stale_after, Between<Duration>{std::chrono::seconds{1}, std::chrono::hours{1}});
}

template <class V>
void describe(V& v, policy::GuardConfig& c) {
  v.value("stale_after", c.stale_after, bounds::tick);
  v.value("max_step_up", c.max_step_up, bounds::vcpus);
  v.value("max_step_down", c.max_step_down, bounds::vcpus);
  v.value("max_memory_step_up", c.max_memory_step_up, bounds::memory);
  v.value("max_memory_step_down", c.max_memory_step_down, bounds::memory);
  v.value("grow_cooldown", c.grow_cooldown, bounds::pause);
  v.value("shrink_cooldown", c.shrink_cooldown, bounds::pause);
  v.value("urgent_cooldown", c.urgent_cooldown, bounds::pause);
  v.value("urgent_valid", c.urgent_valid, bounds::tick);
  v.value("urgent_step", c.urgent_step, bounds::vcpus);
  v.value("urgent_memory_step", c.urgent_memory_step, bounds::memory);
  v.value("stabilisation", c.stabilisation, bounds::pause);
  v.value("regression_window", c.regression_window, bounds::pause);
  v.value("floor_hold", c.floor_hold, bounds::tick);
  v.value("floor_hold_max", c.floor_hold_max, bounds::pause);
  v.value("failure_backoff", c.failure_backoff, bounds::tick);
  v.value("failure_backoff_max", c.failure_backoff_max, bounds::pause);
  v.value("memory_granularity", c.memory_granularity, bounds::memory);
  v.value("memory_dead_band_percent", c.memory_dead_band, bounds::percent);
  v.value("blind_reserve_percent", c.blind_reserve, bounds::percent);
}

template <class V>
void describe(V& v, plan::ResizeConfig& c) {
  v.value("plug_deadline", c.plug_deadline, bounds::deadline);
  v.value("online_deadline", c.online_deadline, bounds::deadline);
  v.value("ask_deadline", c.ask_deadline, bounds::deadline);
  v.value("retune_deadline", c.retune_deadline, bounds::deadline);
  v.value("give_back_deadline", c.give_back_deadline, bounds::deadline);
  v.value("unplug_after", c.unplug_after, bounds::pause);
  v.value("persist_after", c.persist_after, bounds::pause);
  v.value("unplug_deadline", c.unplug_deadline, bounds::deadline);
  v.value("stuck_window", c.stuck_window, bounds::deadline);
  v.value("poll_interval", c.poll_interval, bounds::tick);
  v.value("stuck_progress", c.stuck_progress, bounds::memory);
  v.value("grow_step", c.grow_step, bounds::memory);
  v.value("shrink_step", c.shrink_step, bounds::memory);
  v.value("tolerance", c.tolerance, bounds::any_memory);
  v.value("take_reserve", c.take_reserve, bounds::any_memory);
}

template <class V>
void describe(V& v, GuestPolicy& c) {
  v.value("mode", c.policy.mode);
  v.value("class", c.policy.guest_class);
  v.list("rules", c.policy.rules);
  v.value("shares", c.shares, Between<unsigned>{1, 1000000});
  v.maybe("vcpus_min", c.limits.vcpus_min, bounds::vcpus);
  v.maybe("vcpus_max", c.limits.vcpus_max, bounds::vcpus);
  v.maybe("memory_min", c.limits.memory_min, bounds::memory);
  v.maybe("memory_max", c.limits.memory_max, bounds::memory);
  v.section("pressure", [&](auto& inner) { describe(inner, c.policy.pressure); });
  v.section("threshold", [&](auto& inner) { describe(inner, c.policy.threshold); });
  v.section("forecast", [&](auto& inner) { describe(inner, c.policy.forecast); });
  v.named("schedule", c.policy.schedule, policy::ScheduleWindow{},
          [](auto& inner, policy::ScheduleWindow& window) { describe(inner, window); });
  v.named("metric", c.policy.metrics, policy::MetricTarget{},
          [](auto& inner, policy::MetricTarget& target) { describe(inner, target); });
  v.section("guard", [&](auto& inner) { describe(inner, c.policy.guard); });
  v.section("resize", [&](auto& inner) { describe(inner, c.resize); });
}

template <class V>
void describe(V& v, arbiter::ArbiterConfig& c) {
  v.value("reserve_cpus", c.reserve_cpus, Between<unsigned>{0, 4096});
  v.value("reserve_memory", c.reserve_memory, bounds::any_memory);
  v.value("guest_overhead", c.guest_overhead, bounds::any_memory);
  v.value("vcpus_per_cpu", c.vcpus_per_cpu, Between<double>{0.1, 64});
  v.value("memory_share_percent", c.memory_share, bounds::target);
  v.value("idle_tax_percent", c.idle_tax, bounds::percent);
  v.value("max_in_flight", c.max_in_flight, Between<unsigned>{1, 100000});
  v.value("max_in_flight_percent", c.max_in_flight_share, Between<double>{1, 100});
  v.value("cpu_stall_percent", c.cpu_stall, bounds::target);
  v.value("vcpu_delay_percent", c.vcpu_delay, bounds::target);
  v.value("memory_stall_percent", c.memory_stall_short, bounds::target);
}

template <class V>
void describe(V& v, HostConfig& c) {
  v.value("libvirt_uri", c.libvirt_uri);
  v.value("socket", c.socket_path);
  v.value("log_level", c.log_level);
  v.value("period", c.period, Between<Duration>{std::chrono::milliseconds{100}, std::chrono::minutes{1}});
  v.value("mode", c.mode);
  v.section("host", [&](auto& inner) {
    describe(inner, c.host);
    inner.value("forecast_memory", c.forecast_memory, bounds::any_memory);
  });
  v.section("scale_out", [&](auto& inner) {
    inner.value("after", c.host.scale_out_after, bounds::pause);
    inner.value("clear_after", c.host.scale_out_clear, bounds::pause);
    inner.list("command", c.scale_out.command);
    inner.value("webhook", c.scale_out.webhook);
    inner.value("timeout", c.scale_out.timeout, Between<Duration>{std::chrono::seconds{1}, std::chrono::minutes{5}});
  });
  v.section("history", [&](auto& inner) {
    inner.value("path", c.history.path);
    inner.value("max_size", c.history.max_size, Between<Bytes>{Bytes::mib(4), Bytes::gib(1024)});
    inner.value("keep", c.history.keep, Between<Duration>{std::chrono::hours{1}, std::chrono::hours{24} * 3650});
  });
  v.section("dashboard", [&](auto& inner) {
    inner.value("listen", c.dashboard.listen);
    inner.list("names", c.dashboard.names);
    inner.value("token_file", c.dashboard.token_file);
    inner.value("tls_certificate", c.dashboard.tls_certificate);
    inner.value("tls_key", c.dashboard.tls_key);
  });
  v.section("defaults", [&](auto& inner) { describe(inner, c.defaults); });
  v.named("guest", c.guests, c.defaults, [](auto& inner, GuestPolicy& guest) { describe(inner, guest); });
}

template <class V>
void describe(V& v, ApplicationSettings& c) {
  v.maybe("weight", c.weight, bounds::weight);
  v.maybe("memory_min", c.memory_min, bounds::memory);
  v.maybe("memory_max", c.memory_max, bounds::memory);
  v.value("kind", c.kind);
  v.value("executable", c.executable);
  v.value("argument", c.argument);
  v.value("follows", c.follows);
  v.value("per_cpu", c.per_cpu, Between<double>{0, 1000});
  v.value("plus", c.plus, Between<unsigned>{0, 100000});
  v.value("min", c.min, Between<unsigned>{1, 100000});
  v.value("max", c.max, Between<unsigned>{1, 100000});
  v.value("memory_percent", c.memory_share, Between<double>{1, 100});
  v.list("verify", c.verify);
  v.list("usage", c.usage);
  v.list("metrics", c.metrics);
  v.value("metrics_every", c.metrics_every, Between<Duration>{std::chrono::seconds{1}, std::chrono::minutes{2}});
  v.list("grow", c.grow);
  v.list("shrink", c.shrink);
  v.value("user", c.user);
  v.value("grow_signal", c.grow_signal);
  v.value("shrink_signal", c.shrink_signal);
  v.value("timeout", c.timeout, bounds::deadline);
}

template <class V>
void describe(V& v, exposition::FigureRule& c) {
  v.value("series", c.series);
  v.value("read", c.read);
  v.value("combine", c.combine);
}

template <class V>
void describe(V& v, MetricSource& c) {
  v.value("url", c.url);
  v.value("every", c.every, Between<Duration>{std::chrono::seconds{1}, std::chrono::minutes{2}});
  v.value("timeout", c.timeout, Between<Duration>{std::chrono::milliseconds{100}, std::chrono::seconds{30}});
  v.named("figure", c.figures, exposition::FigureRule{},
          [](auto& inner, exposition::FigureRule& rule) { describe(inner, rule); });
}

template <class V>
void describe(V& v, AgentConfig& c) {
  v.value("channel", c.channel);
  v.value("socket", c.socket_path);
  v.list("socket_users", c.socket_users);
  v.value("adapters_directory", c.adapters_directory);
  v.value("cgroup", c.cgroup);
  v.value("log_level", c.log_level);
  v.value("report_interval", c.report_interval, bounds::tick);
  v.value("park", c.park);
  v.value("urgent_stall_percent", c.urgent_stall, Between<double>{1, 100});
  v.value("urgent_gap", c.urgent_gap, bounds::tick);
  v.value("reserve", c.reserve, bounds::any_memory);
  v.value("dead_band_percent", c.dead_band, bounds::percent);
  v.value("drift", c.drift);
  v.value("state_file", c.state_file);
  v.section("requests", [&](auto& inner) {
    inner.value("vcpus", c.requests.vcpus, Between<unsigned>{0, 4096});
    inner.value("memory", c.requests.memory, bounds::any_memory);
    inner.value("duration", c.requests.duration, bounds::pause);
  });
  v.section("gunicorn", [&](auto& inner) { describe(inner, c.gunicorn); });
  v.section("postgresql", [&](auto& inner) { describe(inner, c.postgresql); });
  v.section("mariadb", [&](auto& inner) {
    describe(inner, c.mariadb);
    inner.value("drop_in", c.mariadb.drop_in);
  });
  v.section("redis", [&](auto& inner) { describe(inner, c.redis); });
  v.section("memcached", [&](auto& inner) { describe(inner, c.memcached); });
  v.section("nginx", [&](auto& inner) { describe(inner, c.nginx); });
  v.section("php-fpm", [&](auto& inner) { describe(inner, c.php_fpm); });
  v.section("apache", [&](auto& inner) { describe(inner, c.apache); });
  v.section("haproxy", [&](auto& inner) { describe(inner, c.haproxy); });
  v.section("pgbouncer", [&](auto& inner) { describe(inner, c.pgbouncer); });
  v.section("puma", [&](auto& inner) { describe(inner, c.puma); });
  v.section("uwsgi", [&](auto& inner) { describe(inner, c.uwsgi); });
  v.section("celery", [&](auto& inner) { describe(inner, c.celery); });
  v.section("jvm", [&](auto& inner) { describe(inner, c.jvm); });
  v.named("application", c.applications, ApplicationSettings{},
          [](auto& inner, ApplicationSettings& one) { describe(inner, one); });
  v.named("metrics", c.metrics, MetricSource{}, [](auto& inner, MetricSource& one) { describe(inner, one); });
}

}  // namespace dynascale::config
