#include "tests/fakes/played_host.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fstream>
#include <thread>

#include "hostd/guest_link.hpp"

namespace dynascale::fakes {
namespace {

namespace asio = boost::asio;

/// hostd/libvirt asks no QEMU while so many such calls are out.
constexpr std::size_t most_held = 2;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double resident_mib() {
  std::ifstream statm{"/proc/self/statm"};
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1048576;
}

Result<hostd::GuestSettings> settings_of(const hostd::GuestDescription&) {
  hostd::GuestSettings settings;
  settings.limits = {VcpuCount{2}, VcpuCount{8}, Bytes::gib(2), Bytes::gib(2)};
  settings.policy.guard.stabilisation = std::chrono::seconds{10};
  return settings;
}

}  // namespace

PlayedHost::PlayedHost(PlayedGuests& guests, const std::filesystem::path& folder, Log& log)
    : guests_{guests}, log_{log} {
  hypervisor_.host_info = {.cpus = 60000, .memory = Bytes::gib(65536), .uri = "fake:///", .version = "in memory"};
  for (std::size_t index = 0; index < guests.guests; ++index) {
    auto guest = capable_guest(fmt::format("guest{}", index), VcpuCount{2}, VcpuCount{8}, Bytes::gib(2));
    guest.description.virtio_mem.clear();
    guest.description.channel_path = played_path(folder, index);
    places_[guest.description.id.uuid] = index;
    hypervisor_.add(guest);
  }
  hypervisor_.before_call([this](const FakeCall& call) { called(call); });
  begin(hypervisor_);
}

PlayedHost::PlayedHost(PlayedGuests& guests, hostd::Hypervisor& hypervisor, std::map<std::string, std::size_t> places,
                       Log& log)
    : guests_{guests}, log_{log}, places_{std::move(places)} {
  begin(hypervisor);
}

void PlayedHost::begin(hostd::Hypervisor& hypervisor) {
  const auto open = [this](const std::string& guest, const std::string& path, hostd::ChannelHandlers handlers) {
    return hostd::open_guest_link(context_.get_executor(), guest, path, std::move(handlers), clock_, log_);
  };
  hostd::Daemon::Services services{hypervisor, [] { return Status{}; }, open, settings_of, pool_, clock_, log_};
  hostd::DaemonConfig config;
  config.host.max_in_flight = 100'000;  // What is measured is hostd, not how many changes an operator allows at once.
  daemon_ = std::make_unique<hostd::Daemon>(context_.get_executor(), config, std::move(services), 1000);
  tasks_ = std::make_unique<TaskGroup>(context_.get_executor(), [](const std::string& task, const std::string& what) {
    fmt::print(stderr, "{}: {}\n", task, what);
  });
  tasks_->spawn("daemon", daemon_->run());
}

PlayedHost::~PlayedHost() { stop(); }

/// As libvirt does: a guest that hangs holds the call that reads all guests' statistics; the next passes over it.
void PlayedHost::hold_statistics() {
  const auto before = held_++;
  while (before < std::min(guests_.bad_guests, most_held) && guests_.hangs(before))
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  --held_;
  ++statistics_answered_;
}

/// On a thread.
void PlayedHost::called(const FakeCall& call) {
  if (call.verb == Verb::statistics) return hold_statistics();
  const auto place = places_.find(call.guest);
  if (place == places_.end()) return;
  const auto guest = place->second;
  while (guests_.hangs(guest)) std::this_thread::sleep_for(std::chrono::milliseconds{10});
  if (call.verb != Verb::plug_vcpus || guests_.is_bad(guest)) return;
  const auto since = guests_.called(guest).exchange(0);
  if (since == 0) return;
  const auto took = static_cast<double>(now_ns() - since) * 1e-6;
  const std::lock_guard guard{lock_};
  answers_ms_.push_back(took);
}

void PlayedHost::serve(std::chrono::milliseconds span) { context_.run_for(span); }

void PlayedHost::phase(std::chrono::milliseconds span, PhaseFigures& figures) {
  {
    const std::lock_guard guard{lock_};
    answers_ms_.clear();
  }
  const auto before = cpu_seconds();
  const auto began = now_ns();
  context_.run_for(span);
  figures.cpu_seconds += cpu_seconds() - before;
  figures.seconds += static_cast<double>(now_ns() - began) * 1e-9;
  figures.resident_mib.push_back(resident_mib());
  const std::lock_guard guard{lock_};
  figures.answers_ms.insert(figures.answers_ms.end(), answers_ms_.begin(), answers_ms_.end());
}

void PlayedHost::stop() {
  if (!tasks_) return;
  guests_.bad_now = false;
  asio::co_spawn(
      context_,
      [](TaskGroup& all, hostd::Daemon& of) -> asio::awaitable<void> {
        co_await all.stop_and_join();
        co_await of.stop();
      }(*tasks_, *daemon_),
      asio::detached);
  context_.restart();
  context_.run();
  pool_.join();
  tasks_.reset();
}

std::size_t PlayedHost::good_connected() {
  std::size_t count = 0;
  for (const auto& [uuid, guest] : places_) {
    const auto* const found = daemon_->find(uuid);
    if (!guests_.is_bad(guest) && found != nullptr && found->report()) ++count;
  }
  return count;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace dynascale::fakes
