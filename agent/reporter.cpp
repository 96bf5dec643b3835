#include "agent/reporter.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <algorithm>

#include "probes/cpu.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

std::optional<wire::PressureValues> wire_of(const std::optional<Pressure>& pressure) {
  if (!pressure) return std::nullopt;
  return wire::PressureValues{pressure->some_avg10.as_percent(), pressure->full_avg10.as_percent()};
}

std::optional<std::uint64_t> wire_of(const std::optional<Bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return bytes->count();
}

std::vector<std::uint32_t> wire_of(const Result<std::vector<VcpuIndex>>& indices) {
  std::vector<std::uint32_t> numbers;
  if (indices)
    for (const auto index : *indices) numbers.push_back(index.value);
  return numbers;
}

/// MemTotal moves by some pages for the kernel's own reasons; this much is a resize.
bool resized(Bytes before, Bytes after) {
  const Bytes change = std::max(saturating_sub(before, after), saturating_sub(after, before));
  return change >= Bytes::mib(8);
}

}  // namespace

wire::ApplicationReport report_of(const Application& application) {
  wire::ApplicationReport report;
  report.id = application.instance.id;
  report.adapter = application.instance.adapter;
  for (const auto& setting : application.settings.values) report.settings[setting.name] = setting.value;
  report.memory_floor_bytes = application.plan.memory_floor.count();
  report.state = "following";
  if (application.unreadable) {
    report.state = "unreadable";
    report.note = application.unreadable->what;
    return report;
  }
  if (!application.plan.pending_restart.empty()) report.state = "pending_restart";
  for (const auto& note : application.plan.notes) report.note += (report.note.empty() ? "" : "; ") + note;
  report.note.resize(std::min(report.note.size(), wire::max_text));
  return report;
}

Reporter::Reporter(asio::any_io_executor executor, const Files& files, const Retuner& retuner, const Clock& clock,
                   Duration interval, Send send, TopologyChanged changed)
    : files_{files},
      retuner_{retuner},
      clock_{clock},
      interval_{interval},
      send_{std::move(send)},
      changed_{std::move(changed)},
      timer_{executor},
      sampler_{files} {}

asio::awaitable<void> Reporter::run() {
  for (;;) {
    for (int sample = 0; sample < samples_per_report; ++sample) {
      timer_.expires_after(interval_ / samples_per_report);
      co_await timer_.async_wait(asio::use_awaitable);
      sampler_.observe_runnable();
    }
    send_(build());
  }
}

void Reporter::report_now() { send_(build()); }

void Reporter::look_at_topology(wire::Report& report) {
  report.vcpus_present = wire_of(read_cpus(files_, CpuSet::present));
  report.vcpus_online = wire_of(read_cpus(files_, CpuSet::online));
  const Bytes total = report.memory_total_bytes ? Bytes::of(*report.memory_total_bytes) : total_;
  const bool changed = report.vcpus_online != online_ || resized(total_, total);
  if (!changed) return;
  online_ = report.vcpus_online;
  total_ = total;
  changed_();
}

wire::Report Reporter::build() {
  const auto load = sampler_.sample(clock_.now());
  wire::Report report;
  report.sequence = ++sequence_;
  report.busy_vcpus = load.cpu.busy_vcpus;
  report.runnable_tasks = load.cpu.runnable_tasks;
  report.load1 = load.cpu.load1;
  if (load.cpu.steal) report.steal_percent = load.cpu.steal->as_percent();
  report.cpu_pressure = wire_of(load.cpu.pressure);
  report.memory_pressure = wire_of(load.memory.pressure);
  report.io_pressure = wire_of(load.io);
  report.memory_total_bytes = wire_of(load.memory.total);
  report.memory_available_bytes = wire_of(load.memory.available);
  report.swap_used_bytes = wire_of(load.memory.swap_used);
  report.swap_in_pages_per_s = load.memory.swap_in_pages_per_s;
  report.refaults_per_s = load.memory.refaults_per_s;
  look_at_topology(report);
  if (requests_) report.requests = requests_(clock_.now());
  if (metrics_) report.metrics = metrics_(clock_.now());
  for (const auto& application : retuner_.applications()) {
    if (report.applications.size() == wire::max_applications) break;
    report.applications.push_back(report_of(application));
    auto& note = report.applications.back().note;
    if (const auto more = notes_ ? notes_(application.instance.id) : std::string{}; !more.empty())
      note += (note.empty() ? "" : "; ") + more;
  }
  return report;
}

}  // namespace dynascale::agent
