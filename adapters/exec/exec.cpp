#include "adapters/exec/exec.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runtime/process_handle.hpp"
#include "runtime/text.hpp"

namespace dynascale::exec {
namespace {

using namespace std::chrono_literals;
constexpr auto poll_interval = 100ms;

/// The user in the table, or the one that the application runs as.
Result<Identity> identity_of(const config::ApplicationSettings& settings, const Instance& instance) {
  if (settings.user.empty()) return Identity{.uid = instance.uid, .gid = instance.gid};
  std::array<char, 16384> space{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(settings.user.c_str(), &entry, space.data(), space.size(), &found) != 0 || found == nullptr)
    return fail(Errc::not_found, fmt::format("there is no user '{}'", settings.user));
  return Identity{.uid = found->pw_uid, .gid = found->pw_gid};
}

}  // namespace

AdapterInfo Exec::info() const {
  return {.name = "exec",
          .title = "Any application with commands",
          .maturity = Maturity::alpha,
          .rights = "CAP_SETUID and CAP_SETGID, to run the configured commands as the application's user"};
}

Capabilities Exec::capabilities() const {
  return {.live_cpu = true, .live_memory = true, .reversible = true, .reports_need = true};
}

Result<std::string> Exec::run(const config::ApplicationSettings& settings, const std::vector<std::string>& command,
                              const Instance& instance, std::int64_t value, const CallLimits& limits) const {
  const auto identity = identity_of(settings, instance);
  if (!identity) return tl::unexpected(identity.error());
  const bool memory = settings.follows == config::Follows::memory;
  const config::Placeholders values{.value = std::to_string(value),
                                    .cpus = memory ? "" : std::to_string(value),
                                    .memory_bytes = memory ? std::to_string(value) : "",
                                    .pid = std::to_string(instance.main_pid)};
  Command expanded;
  for (const auto& word : command) expanded.argv.push_back(config::expand(word, values));
  expanded.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"};
  if (identity->uid != ::geteuid()) expanded.identity = *identity;
  const auto until = std::min(limits.deadline, limits.clock.now() + settings.timeout);
  const auto done = run_command(expanded, limits.clock, until, limits.stop);
  if (!done) return tl::unexpected(done.error());
  if (done->status == 0) return done->output;
  return fail(Errc::refused, fmt::format("{} ended with status {}: {}", expanded.argv.front(), done->status,
                                         text::trim(std::string_view{done->output}.substr(0, 300))));
}

Result<std::int64_t> Exec::verify(const config::ApplicationSettings& settings, const Instance& instance,
                                  std::int64_t value, const CallLimits& limits) const {
  const auto output = run(settings, settings.verify, instance, value, limits);
  if (!output) return tl::unexpected(output.error());
  const auto number = text::number<std::int64_t>(text::trim(*output));
  if (number && *number >= 0) return *number;
  return fail(Errc::corrupt, fmt::format("{} must print one whole number and nothing else, not '{}'",
                                         settings.verify.front(), text::trim(*output).substr(0, 80)));
}

Result<Settings> Exec::read(const Instance& instance, const CallLimits& limits) {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto* const settings = settings_of(applications_, instance);
  if (settings == nullptr) return fail(Errc::not_found, "agent.toml does not describe this application");
  const auto value = verify(*settings, instance, 0, limits);
  if (!value) return tl::unexpected(value.error());
  auto read = custom_settings(*settings, *value);
  if (settings->usage.empty()) return read;
  const auto output = run(*settings, settings->usage, instance, *value, limits);
  if (!output) return tl::unexpected(output.error());
  if (auto told = add_usage(read, *output); !told) return tl::unexpected(told.error());
  return read;
}

std::optional<Duration> Exec::metrics_every(const Instance& instance) const {
  const auto* const settings = settings_of(applications_, instance);
  if (settings == nullptr || settings->metrics.empty()) return std::nullopt;
  return settings->metrics_every;
}

Result<Figures> Exec::metrics(const Instance& instance, const CallLimits& limits) {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto* const settings = settings_of(applications_, instance);
  if (settings == nullptr) return fail(Errc::not_found, "agent.toml does not describe this application");
  const auto output = run(*settings, settings->metrics, instance, 0, limits);
  if (!output) return tl::unexpected(output.error());
  return parse_figures(*output);
}

Result<ChangeOutcome> Exec::apply(const Instance& instance, const Change& change, const CallLimits& limits) {
  if ((change.setting != custom_workers && change.setting != custom_memory) || change.to < 1)
    return fail(Errc::invalid_argument, fmt::format("'{}' is not a setting of an exec application", change.setting));
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  const auto* const settings = settings_of(applications_, instance);
  if (settings == nullptr) return fail(Errc::not_found, "agent.toml does not describe this application");
  auto value = verify(*settings, instance, change.to, limits);
  if (!value) return tl::unexpected(value.error());
  if (*value == change.to) return ChangeOutcome{.change = change, .achieved = *value};

  const auto done = run(*settings, *value < change.to ? settings->grow : settings->shrink, instance, change.to, limits);
  if (!done) return tl::unexpected(done.error());
  const auto until = std::min(limits.deadline, limits.clock.now() + settings->timeout);
  for (;;) {
    value = verify(*settings, instance, change.to, limits);
    if (!value) return tl::unexpected(value.error());
    const bool over = limits.expired() || limits.clock.now() >= until;
    if (*value == change.to || over) return ChangeOutcome{.change = change, .achieved = *value};
    limits.clock.sleep_for(poll_interval);
  }
}

Result<ChangeOutcome> Exec::revert(const Instance& instance, const Change& change, const CallLimits& limits) {
  auto back = change;
  std::swap(back.from, back.to);
  return apply(instance, back, limits);
}

}  // namespace dynascale::exec
