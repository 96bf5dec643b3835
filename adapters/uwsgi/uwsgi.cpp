#include "adapters/uwsgi/uwsgi.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "adapters/argv.hpp"
#include "adapters/local_stream.hpp"
#include "adapters/master.hpp"
#include "adapters/sizing.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::uwsgi {
namespace {

using namespace std::chrono_literals;

constexpr auto add_limit = 10s;     // The master looks once a second.
constexpr auto remove_limit = 65s;  // A worker finishes its request; uWSGI's own mercy is 60 s.

bool is_uwsgi(const ProcessInfo& process) {
  if (process.argv.empty()) return false;
  const auto name = base_name(process.argv[0]);
  return name == "uwsgi" || name == "uwsgi-core";
}

std::string absolute(const std::string& path, const ProcessInfo& process) {
  return path.empty() || path.starts_with('/') ? path : process.working_directory + "/" + path;
}

std::string name_of(const ProcessInfo& process) {
  if (const auto file = file_in(process.argv)) return absolute(*file, process);
  return process.working_directory.empty() ? std::to_string(process.pid) : process.working_directory;
}

std::string fact(const Instance& instance, const char* name) {
  const auto found = instance.facts.find(name);
  return found == instance.facts.end() ? std::string{} : found->second;
}

/// A FIFO whose master is gone has no reader: opening it must not wait.
Status order(const std::string& fifo, char what) {
  const UniqueFd fd{::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)};
  if (fd.valid() && ::write(fd.get(), &what, 1) == 1) return {};
  const int error = errno;
  const auto code = error == EACCES || error == EPERM ? Errc::permission_denied : Errc::unavailable;
  return fail(code, fmt::format("cannot write to uWSGI's master FIFO {}: {}", fifo,
                                std::generic_category().message(error)));
}

}  // namespace

AdapterInfo Uwsgi::info() const {
  return {
      .name = "uwsgi",
      .title = "uWSGI",
      .maturity = Maturity::alpha,
      .rights =
          "to write to its master FIFO and to read its statistics socket; CAP_SYS_PTRACE for the workers' "
          "memory"};
}

Capabilities Uwsgi::capabilities() const {
  return {
      .live_cpu = true, .live_memory = true, .needs_restart = true, .reversible = true, .reports_need = true};
}

Control Uwsgi::control_of(const ProcessInfo& master) const {
  auto control = control_in(master.argv);
  if (const auto file = file_in(master.argv)) {
    const auto text = files_.read(absolute(*file, master));
    const auto more = text ? control_in_file(*text) : Control{};
    if (control.fifo.empty()) control.fifo = more.fifo;
    if (control.stats.empty()) control.stats = more.stats;
    control.cheaper = control.cheaper || more.cheaper;
  }
  control.fifo = absolute(control.fifo, master);
  // A statistics server may listen on TCP as well.
  if (control.stats.find(':') == std::string::npos) control.stats = absolute(control.stats, master);
  return control;
}

std::vector<Instance> Uwsgi::detect(std::span<const ProcessInfo> processes) const {
  auto instances = find_masters(processes, "uwsgi", is_uwsgi, name_of);
  for (auto& instance : instances) {
    const auto control = control_of(instance.processes.front());
    instance.facts = {
        {"fifo", control.fifo}, {"stats", control.stats}, {"cheaper", control.cheaper ? "yes" : ""}};
  }
  return instances;
}

Result<Workers> Uwsgi::count(const Instance& instance, const CallLimits& limits) const {
  const auto address = parse_local_address(fact(instance, "stats"));
  if (!address) return tl::unexpected(address.error());
  auto stream = LocalStream::open(*address, limits);
  if (!stream) return tl::unexpected(stream.error());
  const auto text = stream->rest(Bytes::mib(4), limits);
  if (!text) return tl::unexpected(text.error());
  const auto workers = workers_in(*text);
  if (!workers) return fail(Errc::corrupt, "uWSGI's statistics name no worker");
  return *workers;
}

Result<Settings> Uwsgi::read(const Instance& instance, const CallLimits& limits) {
  const auto master = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!master) return tl::unexpected(master.error());
  const auto children = children_of(files_, instance.main_pid);
  if (!children) return tl::unexpected(children.error());
  const bool follows = !fact(instance, "fifo").empty() && !fact(instance, "stats").empty() &&
                       !fact(instance, "cheaper").empty();
  Settings settings;
  auto running = static_cast<std::int64_t>(children->size());
  if (follows) {
    const auto workers = count(instance, limits);
    if (!workers) return tl::unexpected(workers.error());
    running = workers->running;
    settings.usage[usage_worker_ceiling] = workers->reserved;
  } else {
    settings.notes.emplace_back(
        "to let it follow, start uWSGI with master-fifo, stats, cheaper and as many processes as "
        "the guest's largest size wants");
  }
  settings.values.push_back({.name = "workers",
                             .value = running,
                             .unit = SettingUnit::count,
                             .takes_effect = follows ? TakesEffect::live : TakesEffect::restart,
                             .source = "running server"});
  if (const auto memory = private_memory_of(files_, *children))
    settings.usage[usage_worker_memory] = as_signed(memory->largest);
  return settings;
}

Result<ChangeOutcome> Uwsgi::apply(const Instance& instance, const Change& change, const CallLimits& limits) {
  if (change.setting != "workers" || change.to < 1 || change.to > options_.max_workers)
    return fail(Errc::invalid_argument, fmt::format("uWSGI can change 'workers' to 1 … {}, not '{}' to {}",
                                                    options_.max_workers, change.setting, change.to));
  const auto master = ProcessHandle::open(files_, instance.main_pid, instance.start_ticks);
  if (!master) return tl::unexpected(master.error());
  const auto fifo = fact(instance, "fifo");
  if (fifo.empty() || fact(instance, "cheaper").empty())
    return fail(Errc::unsupported, "uWSGI was started without master-fifo or cheaper: its workers are fixed");
  const WorkerSteps steps{.count = [&]() -> Result<int> {
                            const auto workers = count(instance, limits);
                            if (!workers) return tl::unexpected(workers.error());
                            return workers->running;
                          },
                          .add = [&] { return order(fifo, '+'); },
                          .remove = [&] { return order(fifo, '-'); },
                          .add_limit = add_limit,
                          .remove_limit = remove_limit};
  const auto reached = step_workers(steps, static_cast<int>(change.to), limits);
  if (!reached) return tl::unexpected(reached.error());
  return ChangeOutcome{.change = change, .achieved = *reached};
}

Result<ChangeOutcome> Uwsgi::revert(const Instance& instance, const Change& change,
                                    const CallLimits& limits) {
  return apply(instance, change.reversed(), limits);
}

}  // namespace dynascale::uwsgi
