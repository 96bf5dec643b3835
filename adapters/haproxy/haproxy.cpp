#include "adapters/haproxy/haproxy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/argv.hpp"
#include "adapters/local_access.hpp"
#include "adapters/local_stream.hpp"
#include "adapters/master.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/process_info.hpp"
#include "runtime/text.hpp"

namespace dynascale::haproxy {
namespace {

bool is_haproxy(const ProcessInfo& process) {
  return !process.argv.empty() && base_name(process.argv[0]) == "haproxy";
}

std::string configuration_of(const ProcessInfo& process) {
  const auto file = option_value(process.argv, {"-f"}).value_or("/etc/haproxy/haproxy.cfg");
  return file.starts_with('/') ? file : process.working_directory + "/" + file;
}

}  // namespace

AdapterInfo Haproxy::info() const {
  return {.name = "haproxy",
          .title = "HAProxy",
          .maturity = Maturity::alpha,
          .rights =
              "the group of a `stats socket` with `level admin`, and to read the configuration or its path "
              "in the "
              "settings"};
}

Capabilities Haproxy::capabilities() const {
  return {.live_memory = true, .needs_restart = true, .reversible = true, .reports_need = true};
}

std::vector<Instance> Haproxy::detect(std::span<const ProcessInfo> processes) const {
  auto instances = find_masters(processes, "haproxy", is_haproxy, configuration_of);
  for (auto& instance : instances) {
    auto socket = options_.socket;
    if (socket.empty())
      if (const auto text = files_.read(configuration_of(instance.processes.front())))
        socket = admin_socket_in(*text).value_or("");
    instance.facts["socket"] = socket;
  }
  return instances;
}

Result<std::string> Haproxy::ask(const Instance& instance, std::string_view command,
                                 const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto socket = instance.facts.find("socket");
  if (socket == instance.facts.end() || socket->second.empty())
    return fail(Errc::unsupported,
                "HAProxy has no admin socket that is known: add `stats socket /run/haproxy/admin.sock "
                "mode 660 level admin`, or name it in the adapter's settings");
  auto stream = LocalStream::open({.path = reachable_path(files_, instance.main_pid, socket->second)}, limits);
  if (!stream) return tl::unexpected(stream.error());
  if (auto sent = stream->send(fmt::format("{}\n", command), limits); !sent)
    return tl::unexpected(sent.error());
  return stream->rest(Bytes::kib(256), limits);
}

Result<Info> Haproxy::show_info(const Instance& instance, const CallLimits& limits) const {
  const auto text = ask(instance, "show info", limits);
  if (!text) return tl::unexpected(text.error());
  auto info = parse_info(*text);
  const auto answering = static_cast<std::int32_t>(number_of(info, "Pid", -1));
  const auto children = child_pids(files_, instance.main_pid);
  const bool own = answering == instance.main_pid ||
                   (children && std::ranges::find(*children, answering) != children->end());
  if (own) return info;
  return fail(Errc::refused, fmt::format("process {} answers on the admin socket, which is none of {}'s",
                                         answering, instance.id));
}

Result<Settings> Haproxy::read(const Instance& instance, const CallLimits& limits) {
  const auto info = show_info(instance, limits);
  if (!info) return tl::unexpected(info.error());
  const auto limit = number_of(*info, "Maxconn", -1);
  if (limit < 0) return fail(Errc::corrupt, "HAProxy's `show info` does not tell Maxconn");
  Settings settings;
  settings.values.push_back({.name = "maxconn",
                             .value = limit,
                             .unit = SettingUnit::count,
                             .takes_effect = TakesEffect::live,
                             .source = "running server"});
  if (const auto threads = number_of(*info, "Nbthread"); threads > 0)
    settings.values.push_back({.name = "nbthread",
                               .value = threads,
                               .unit = SettingUnit::count,
                               .takes_effect = TakesEffect::restart,
                               .source = "the start"});
  const auto ceiling = number_of(*info, "Hard_maxconn", limit);
  settings.usage[usage_ceiling] = ceiling;
  settings.usage[usage_connections] = number_of(*info, "CurrConns");
  const auto resident = read_resident(files_, static_cast<std::int32_t>(number_of(*info, "Pid")));
  if (resident) settings.usage[usage_resident] = as_signed(*resident);
  settings.memory_max = memory_per_connection.scaled(static_cast<double>(ceiling) / 0.8);
  return settings;
}

Result<ChangeOutcome> Haproxy::apply(const Instance& instance, const Change& change,
                                     const CallLimits& limits) {
  if (change.setting != "maxconn" || change.to < 1)
    return fail(Errc::invalid_argument, fmt::format("HAProxy can change 'maxconn' to a count, not '{}' to {}",
                                                    change.setting, change.to));
  const auto before = show_info(instance, limits);
  if (!before) return tl::unexpected(before.error());
  const auto ceiling = number_of(*before, "Hard_maxconn");
  if (change.to > ceiling)
    return fail(Errc::refused, fmt::format("HAProxy reserved {} connections at the start: {} need a restart",
                                           ceiling, change.to));
  const auto answer = ask(instance, fmt::format("set maxconn global {}", change.to), limits);
  if (!answer) return tl::unexpected(answer.error());
  if (const auto words = text::trim(*answer); !words.empty())
    return fail(words.find("ermission") == std::string_view::npos ? Errc::refused : Errc::permission_denied,
                fmt::format("HAProxy refuses a maxconn of {}: {}", change.to, words));
  const auto after = show_info(instance, limits);
  if (!after) return tl::unexpected(after.error());
  const auto now = number_of(*after, "Maxconn", -1);
  if (now != change.to) return fail(Errc::unverified, fmt::format("HAProxy still has a maxconn of {}", now));
  return ChangeOutcome{.change = change, .achieved = now};
}

Result<ChangeOutcome> Haproxy::revert(const Instance& instance, const Change& change,
                                      const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::haproxy
