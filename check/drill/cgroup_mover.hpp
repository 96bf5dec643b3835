#pragma once
/// Real limits for a running program: fewer CPUs by cpuset, less memory by the memory controller.
///
/// Version 1: a group below the program's own takes its processes for the time. Version 2, where memory stays
/// accounted to the group in which it was taken: the program's own group is bounded, which must be its alone.

#include <map>
#include <memory>
#include <optional>

#include "check/drill/control_group.hpp"
#include "check/drill/mover.hpp"
#include "check/drill/undo_log.hpp"
#include "runtime/files.hpp"

namespace dynascale::check {

class CgroupMover final : public Mover {
 public:
  /// From what process `pid` may use now down to `least`. Errors: `not_found`, `unsupported`,
  /// `invalid_argument` when it has no more than that already.
  [[nodiscard]] static Result<std::unique_ptr<CgroupMover>> create(int pid, const Machine& least);
  ~CgroupMover() override;
  /// Now rather than at the end of its life. Errors: `unverified`, naming what is left.
  [[nodiscard]] Status undo() { return undo_ ? undo_->undo() : Status{}; }

  [[nodiscard]] std::string name() const override;
  [[nodiscard]] Machine first() const override { return first_; }
  [[nodiscard]] Machine second() const override { return least_; }
  [[nodiscard]] Status begin(const Machine& machine, const std::vector<int>& pids) override;
  [[nodiscard]] bool arrived() override { return true; }
  [[nodiscard]] std::vector<std::string> notes() const override { return notes_; }

 private:
  CgroupMover(ControlGroup cpuset, ControlGroup memory, std::string cpus, const Machine& first, const Machine& least);
  [[nodiscard]] Status confine(const std::vector<int>& pids);
  [[nodiscard]] Status make_group(ControlGroup& group, const std::vector<int>& pids);
  [[nodiscard]] Status take_over(const ControlGroup& group, std::string_view controller,
                                 const std::vector<int>& pids);
  [[nodiscard]] Status enable(const ControlGroup& group, std::string_view controller);
  [[nodiscard]] Status bound(std::uint64_t bytes);
  [[nodiscard]] Status unbound();
  /// Writes a value and notes the one that was there before, once.
  [[nodiscard]] Status set(const std::string& path, const std::string& value);

  Files files_{"/"};
  ControlGroup cpuset_;
  ControlGroup memory_;
  std::string cpus_;  ///< That the program may use now, as a list.
  Machine first_;
  Machine least_;
  std::optional<UndoLog> undo_;
  std::map<std::string, std::string> before_;  ///< Values of files by their path.
  std::vector<std::string> notes_;
};

/// The bound for a program that holds `held` bytes: `wanted`, but never so little that it would be killed for it.
[[nodiscard]] std::uint64_t safe_bound(std::uint64_t wanted, std::uint64_t held);

}  // namespace dynascale::check
