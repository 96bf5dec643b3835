#pragma once
/// The agent's one line of work: it makes the guest fit the size that the host tells, or, without a host, the size
/// that the kernel shows. Operations never overlap: a newer wish ends the current one early and is served next.
/// One loop thread; blocking work goes to the pool.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <stop_token>

#include "agent/retuner.hpp"
#include "agent/survey_pace.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::agent {

struct AgentTimes {
  Duration reconcile_every = std::chrono::seconds{15};  ///< Finds applications that came or restarted.
  Duration debounce = std::chrono::milliseconds{200};   ///< After a topology event, before re-tuning.
  Duration retune_limit = std::chrono::seconds{60};     ///< For a re-tuning that no host deadline bounds.
  Duration poll = std::chrono::milliseconds{50};        ///< While waiting for plugged vCPUs to appear.
  Duration free_patience = std::chrono::seconds{10};    ///< For memory that does not become free.
  Duration settle_grace = std::chrono::seconds{30};     ///< How long a prepared shrink waits for the host's word.
};

class GuestAgent {
 public:
  using Send = std::function<void(const wire::Message&)>;
  /// Told after the online vCPUs or applications changed, so that a report can go out at once.
  using Changed = std::function<void()>;

  GuestAgent(boost::asio::any_io_executor executor, GuestSystem& system, Retuner& retuner, const Clock& clock,
             OffloadPool& pool, Log& log, AgentTimes times);
  void on_send(Send send) { send_ = std::move(send); }
  void on_changed(Changed changed) { changed_ = std::move(changed); }
  /// Asked at rest for what else may be due: restarts in their windows. Returns what became of them.
  using AtRest = std::function<boost::asio::awaitable<std::vector<Retuning>>()>;
  void on_rest(AtRest at_rest) { at_rest_ = std::move(at_rest); }

  /// Told when the host has confirmed a shrink.
  using Shrunk = std::function<void(const Size& before, const Size& after)>;
  void on_shrunk(Shrunk shrunk) { shrunk_ = std::move(shrunk); }
  /// The guest's size in the host's terms, as last seen.
  [[nodiscard]] Size size() const;

  /// Takes resize_intent, resize_done and resize_abort; others are ignored.
  void handle(const wire::Message& message);
  /// CPUs, memory or limits changed: looks again after the debounce time.
  void topology_changed();
  /// The host is gone: its size is no longer current, the kernel's is.
  void host_lost();
  /// Works for ever; ends when cancelled.
  boost::asio::awaitable<void> run();

 private:
  /// A shrink that was answered with ready and waits for the host's word.
  struct Prepared {
    std::uint64_t id = 0;
    VcpuCount online;                ///< Before the shrink.
    Size size;                       ///< In the host's terms, before the shrink.
    std::optional<GuestShare> told;  ///< Before the shrink.
    std::vector<Retuning> done;
    Instant expires;
  };

  boost::asio::awaitable<void> wait_for_work();
  boost::asio::awaitable<void> grow(wire::ResizeIntent intent);
  boost::asio::awaitable<void> shrink(wire::ResizeIntent intent);
  /// `before` as the kernel shows it; `take` is what the host wants back.
  boost::asio::awaitable<std::optional<wire::Refuse>> make_room(wire::ResizeIntent intent, GuestShare before,
                                                                Bytes take, std::vector<Retuning>& done,
                                                                Instant deadline);
  boost::asio::awaitable<std::optional<wire::Refuse>> wait_until_free(wire::ResizeIntent intent, GuestShare before,
                                                                      Bytes take, Instant deadline);
  boost::asio::awaitable<void> roll_back(Prepared prepared);
  boost::asio::awaitable<void> settle(std::uint64_t resize_id, Instant deadline);
  /// Applies what was planned for `machine`, tells, and reads back.
  boost::asio::awaitable<void> make_fit(std::uint64_t resize_id, std::vector<Application> planned, GuestShare machine,
                                        Instant deadline);
  /// What is due when nobody wants anything: a survey after a change or a long time, a restart in its window.
  boost::asio::awaitable<void> reconcile(bool topology_changed);
  boost::asio::awaitable<void> give_back_if_due();
  boost::asio::awaitable<GuestShare> measured_share();
  boost::asio::awaitable<bool> is_shrink(wire::ResizeIntent intent);
  /// What the applications may use of `machine`: all of it, or what the container's cgroup leaves.
  boost::asio::awaitable<GuestShare> usable(GuestShare machine);
  /// Memory in the host's terms: the kernel's MemTotal lacks what the kernel itself took at boot.
  [[nodiscard]] Bytes host_memory(const GuestShare& measured) const;
  /// What the kernel shows, in the host's limits.
  [[nodiscard]] GuestShare of_kernel(const Size& shown) const;
  boost::asio::awaitable<std::size_t> set_online(VcpuCount count);
  /// Until all are there, or the deadline, or a newer wish. Returns how many are.
  boost::asio::awaitable<std::size_t> bring_online(wire::ResizeIntent intent, Instant deadline);
  boost::asio::awaitable<std::vector<Application>> survey(GuestShare machine, Instant deadline);
  boost::asio::awaitable<void> pause(Duration duration);
  void report(std::uint64_t resize_id, const std::vector<Retuning>& done);
  void take_done(const wire::ResizeDone& done);
  void take_abort(const wire::ResizeAbort& abort);
  void wake();

  GuestSystem& system_;
  Retuner& retuner_;
  const Clock& clock_;
  OffloadPool& pool_;
  Log& log_;
  AgentTimes times_;
  Send send_;
  Changed changed_;
  AtRest at_rest_;
  Shrunk shrunk_;
  SurveyPace pace_;

  boost::asio::steady_timer wake_;
  boost::asio::steady_timer pause_;
  bool woken_ = false;
  bool look_again_ = false;
  std::optional<GuestShare> told_;  ///< The host's word; absent without a host.
  std::optional<wire::ResizeIntent> next_;
  std::optional<Prepared> prepared_;
  std::optional<wire::ResizeAbort> abort_;
  Size measured_;
  std::uint64_t current_id_ = 0;
  std::stop_source stop_current_;
};

}  // namespace dynascale::agent
