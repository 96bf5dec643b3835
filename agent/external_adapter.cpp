#include "agent/external_adapter.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "adapters/custom.hpp"
#include "runtime/command.hpp"
#include "runtime/process_handle.hpp"

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;
constexpr auto info_limit = 5s;
constexpr auto read_limit = 10s;

/// Runs the program once: one line in, its output out.
Result<std::string> run_once(const std::string& program, const std::string& line, const Clock& clock, Instant deadline,
                             const std::stop_token& stop) {
  // Again each time: a file may have been replaced since.
  if (const auto trusted = check_trusted(program); !trusted) return tl::unexpected(trusted.error());
  Command command;
  command.argv = {program};
  command.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"};
  command.input = line;
  const auto done = run_command(command, clock, deadline, stop);
  if (!done) return tl::unexpected(done.error());
  if (done->status == 0) return done->output;
  return fail(Errc::io, fmt::format("{} ended with status {}: {}", program, done->status,
                                    std::string_view{done->output}.substr(0, 200)));
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace

AdapterInfo ExternalAdapter::info() const {
  return {.name = name_, .title = info_.title, .maturity = Maturity::alpha, .rights = "those of the agent"};
}

Capabilities ExternalAdapter::capabilities() const {
  return {.live_cpu = info_.live_cpu,
          .live_memory = info_.live_memory,
          .reversible = true,
          .reports_need = info_.reports_need};
}

std::vector<Instance> ExternalAdapter::detect(std::span<const ProcessInfo> processes) const {
  config::ApplicationSettings wanted;
  wanted.executable = info_.executable;
  wanted.argument = info_.argument;
  return detect_custom(name_, {{"main", wanted}}, processes);
}

Result<std::string> ExternalAdapter::call(const Instance& instance, const std::string& line,
                                          const CallLimits& limits) const {
  const auto alive = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!alive) return tl::unexpected(alive.error());
  return run_once(program_, line, limits.clock, limits.deadline, limits.stop);
}

Result<Settings> ExternalAdapter::read(const Instance& instance, const CallLimits& limits) {
  const CallLimits bounded{limits.clock, std::min(limits.deadline, limits.clock.now() + read_limit), limits.stop};
  const auto answer = call(instance, read_call(instance), bounded);
  if (!answer) return tl::unexpected(answer.error());
  return parse_settings(*answer);
}

Result<Figures> ExternalAdapter::metrics(const Instance& instance, const CallLimits& limits) {
  const auto answer = call(instance, metrics_call(instance), limits);
  if (!answer) return tl::unexpected(answer.error());
  return parse_metrics(*answer);
}

Result<ChangeOutcome> ExternalAdapter::apply(const Instance& instance, const Change& change,
                                             const CallLimits& limits) {
  const auto answer = call(instance, apply_call(instance, change, limits.deadline - limits.clock.now()), limits);
  if (!answer) return tl::unexpected(answer.error());
  const auto said = parse_achieved(*answer);
  if (!said) return tl::unexpected(said.error());
  // What it achieved is what it reads, not what it says.
  const auto settings = read(instance, limits);
  if (!settings) return tl::unexpected(settings.error());
  const auto* const now = settings->find(change.setting);
  if (now == nullptr)
    return fail(Errc::unverified, fmt::format("{} does not tell {} any more", name_, change.setting));
  return ChangeOutcome{change, now->value};
}

Result<ChangeOutcome> ExternalAdapter::revert(const Instance& instance, const Change& change,
                                              const CallLimits& limits) {
  auto back = change;
  std::swap(back.from, back.to);
  return apply(instance, back, limits);
}

Status check_trusted(const std::string& path) {
  for (std::string part = path; !part.empty(); part.erase(part.rfind('/'))) {
    struct stat file {};
    if (::lstat(part.c_str(), &file) != 0)
      return fail(Errc::not_found, fmt::format("{} does not exist or is not readable", part));
    const bool own = file.st_uid == 0 || file.st_uid == ::geteuid();
    // In a sticky folder (/tmp) nobody replaces what belongs to another.
    const bool open = (file.st_mode & 022U) != 0 && (file.st_mode & S_ISVTX) == 0;
    if (S_ISLNK(file.st_mode) || !own || open)
      return fail(Errc::permission_denied,
                  fmt::format("{} must belong to root, be no link, and be writable by nobody else", part));
  }
  return {};
}

ExternalAdapters load_external_adapters(const Files& files, const std::string& folder, const Clock& clock) {
  ExternalAdapters loaded;
  const auto names = files.list(folder);
  if (!names) return loaded;
  for (const auto& name : *names) {
    if (loaded.adapters.size() == max_external_adapters) break;
    const auto program = folder + '/' + name;
    if (::access(program.c_str(), X_OK) != 0) continue;
    if (!is_name(name)) {
      loaded.refused.push_back({Errc::invalid_argument, program + ": its name must be of a-z, 0-9 and '-'"});
      continue;
    }
    const auto answer = run_once(program, info_call(), clock, clock.now() + info_limit, {});
    const auto info = answer ? parse_info(*answer) : Result<ExternalInfo>{tl::unexpected(answer.error())};
    if (info) loaded.adapters.push_back(std::make_unique<ExternalAdapter>(files, program, name, *info));
    else loaded.refused.push_back({info.error().code, program + ": " + info.error().what});
  }
  return loaded;
}

}  // namespace dynascale::agent
