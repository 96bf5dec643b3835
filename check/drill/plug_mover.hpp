#pragma once
/// Real CPUs and real memory: asks the agent of this guest for more, and the host plugs them. The wish ends by
/// itself when this program is killed.

#include <chrono>
#include <memory>
#include <optional>

#include "check/drill/mover.hpp"
#include "runtime/files.hpp"

namespace dynascale::check {

class PlugMover final : public Mover {
 public:
  /// From what this guest has now up to `most`; memory only where that names more than there is. `limit` bounds
  /// how long one move may take. Errors: `invalid_argument` when it has that already, `unsupported`.
  [[nodiscard]] static Result<std::unique_ptr<PlugMover>> create(const Machine& most, std::chrono::milliseconds limit);
  ~PlugMover() override;

  [[nodiscard]] std::string name() const override { return "hot-plug"; }
  [[nodiscard]] Machine first() const override { return first_; }
  [[nodiscard]] Machine second() const override { return most_; }
  [[nodiscard]] Status begin(const Machine& machine, const std::vector<int>& pids) override;
  [[nodiscard]] bool arrived() override;
  [[nodiscard]] std::vector<std::string> notes() const override { return notes_; }

 private:
  PlugMover(const Machine& first, const Machine& most, std::chrono::milliseconds limit)
      : first_{first}, most_{most}, limit_{limit}, goal_{first} {}
  [[nodiscard]] Status wish(const Machine& machine, std::chrono::milliseconds duration);

  Files files_{"/"};
  Machine first_;
  Machine most_;
  std::chrono::milliseconds limit_;
  Machine goal_;
  bool wished_ = false;
  std::vector<std::string> notes_;
};

/// The answer to a wish: the totals that the agent now asks the host for. Errors: `refused` with the agent's
/// words, `unavailable` when no host hears of it, `corrupt`. Pure.
struct Wished {
  std::optional<std::uint32_t> cpus;
  std::optional<std::uint64_t> memory_bytes;
};
[[nodiscard]] Result<Wished> parse_wished(std::string_view answer);

}  // namespace dynascale::check
