#include "agent/limit_watch.hpp"

#include <boost/asio/use_awaitable.hpp>

#include "probes/cgroup.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

}  // namespace

Result<std::unique_ptr<LimitWatch>> LimitWatch::open(asio::any_io_executor executor, const Files& files,
                                                     Duration look_every, Cgroups cgroups, Changed changed) {
  auto events = CgroupEvents::open(files);
  if (!events) return tl::unexpected(events.error());
  return std::make_unique<LimitWatch>(std::move(executor), files, std::move(*events), look_every, std::move(cgroups),
                                      std::move(changed));
}

LimitWatch::LimitWatch(asio::any_io_executor executor, const Files& files, CgroupEvents events, Duration look_every,
                       Cgroups cgroups, Changed changed)
    : files_{files},
      events_{std::move(events)},
      descriptor_{executor, events_.fd()},
      timer_{executor},
      look_every_{look_every},
      cgroups_{std::move(cgroups)},
      changed_{std::move(changed)} {
  look();
}

LimitWatch::~LimitWatch() { descriptor_.release(); }

asio::awaitable<void> LimitWatch::run() {
  for (;;) {
    co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    if (events_.changed()) look();
  }
}

asio::awaitable<void> LimitWatch::look_regularly() {
  for (;;) {
    timer_.expires_after(look_every_);
    co_await timer_.async_wait(asio::use_awaitable);
    look();
  }
}

void LimitWatch::look() {
  const auto cgroups = cgroups_();
  events_.follow(cgroups);
  std::map<std::string, SizeLimits> now;
  bool moved = false;
  for (const auto& cgroup : cgroups) {
    const auto limits = read_cgroup_limits(files_, cgroup);
    if (!limits) continue;
    const auto& fresh = now[cgroup] = size_limits(*limits);
    const auto before = known_.find(cgroup);
    moved = moved || (before != known_.end() && before->second != fresh);
  }
  known_ = std::move(now);
  if (moved) changed_();
}

}  // namespace dynascale::agent
