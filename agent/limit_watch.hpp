#pragma once
/// Follows the limits that cgroups set while they change: a container resized in place, a service's MemoryMax set anew.
/// One loop thread; reading the limits takes well under a millisecond and happens on the loop.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/model/limits.hpp"
#include "probes/cgroup_events.hpp"

namespace dynascale::agent {

class LimitWatch {
 public:
  using Cgroups = std::function<std::set<std::string>()>;
  using Changed = std::function<void()>;

  /// Watches the cgroups that `cgroups` names, asked anew each time. Errors: `unavailable` (no inotify).
  [[nodiscard]] static Result<std::unique_ptr<LimitWatch>> open(boost::asio::any_io_executor executor,
                                                                const Files& files, Duration look_every,
                                                                Cgroups cgroups, Changed changed);
  LimitWatch(boost::asio::any_io_executor executor, const Files& files, CgroupEvents events, Duration look_every,
             Cgroups cgroups, Changed changed);
  ~LimitWatch();
  LimitWatch(const LimitWatch&) = delete;
  LimitWatch& operator=(const LimitWatch&) = delete;

  /// Reacts to writes. Works for ever; ends when cancelled.
  boost::asio::awaitable<void> run();
  /// Looks from time to time: for what the kernel changes without a write, and for lost events.
  boost::asio::awaitable<void> look_regularly();
  /// Reads every limit now and tells when one of a cgroup seen before is another.
  void look();

 private:
  const Files& files_;
  CgroupEvents events_;
  boost::asio::posix::stream_descriptor descriptor_;  ///< Borrows the descriptor of the events.
  boost::asio::steady_timer timer_;
  Duration look_every_;
  Cgroups cgroups_;
  Changed changed_;
  std::map<std::string, SizeLimits> known_;
};

}  // namespace dynascale::agent
