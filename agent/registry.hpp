#pragma once
/// Applications that registered themselves on the agent's socket, and the adapter that speaks for them. The loop adds,
/// removes and passes answers on; the pool reads, and waits for answers to its offers. Any thread.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "adapters/adapter.hpp"
#include "agent/local_messages.hpp"

namespace dynascale::agent {

inline constexpr std::size_t max_registered = 64;

class Registry {
 public:
  /// Writes a line to one application; called on any thread, must not block.
  using Send = std::function<void(std::string line)>;

  /// Returns the application's id, "registered:NAME". Errors: `refused` (the name is taken), `limit_exceeded`.
  [[nodiscard]] Result<std::string> add(const RegisterCall& call, std::int32_t pid, std::uint32_t uid, Send send);
  /// The application is gone; offers to it end as `unavailable`.
  void remove(const std::string& id);
  /// From the application `id`. Unknown offers are ignored: they came too late.
  void answer(const std::string& id, const AnswerCall& call);

  [[nodiscard]] std::vector<Instance> instances() const;
  [[nodiscard]] Result<Settings> settings(const std::string& id) const;
  /// Offers a value and waits for the answer; returns what is in force then. Errors: `timeout`, `refused`,
  /// `unavailable` (gone), `cancelled`.
  [[nodiscard]] Result<std::int64_t> offer(const std::string& id, const std::string& setting, std::int64_t value,
                                           const CallLimits& limits);

 private:
  struct Entry {
    RegisterCall call;
    std::int32_t pid = 0;
    std::uint32_t uid = 0;
    Send send;
    std::uint64_t offered = 0;          ///< The offer that waits for its answer; 0: none.
    std::optional<AnswerCall> answered;
  };
  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;
  std::uint64_t last_offer_ = 0;
};

/// Every registered application as an instance of one adapter.
class RegisteredAdapter final : public Adapter {
 public:
  explicit RegisteredAdapter(std::shared_ptr<Registry> registry) : registry_{std::move(registry)} {}
  [[nodiscard]] AdapterInfo info() const override;
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> processes) const override;
  Result<Settings> read(const Instance& instance, const CallLimits& limits) override;
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override;
  Result<ChangeOutcome> apply(const Instance& instance, const Change& change, const CallLimits& limits) override;
  Result<ChangeOutcome> revert(const Instance& instance, const Change& change, const CallLimits& limits) override;

 private:
  std::shared_ptr<Registry> registry_;
};

}  // namespace dynascale::agent
