#pragma once
/// Undoes what was written to control groups, in reverse, also when this program is killed: the steps lie with
/// a second process, which carries them out when the pipe between the two closes.

#include <string>

#include "core/model/result.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::check {

/// One thread; the program has no other threads when it starts.
class UndoLog {
 public:
  /// Errors: `io`.
  [[nodiscard]] static Result<UndoLog> start();
  UndoLog(UndoLog&&) = default;
  UndoLog& operator=(UndoLog&&) = default;
  ~UndoLog() { static_cast<void>(undo()); }

  /// To be noted before the effect. Writes `value` to the file `path`.
  [[nodiscard]] Status write(const std::string& path, const std::string& value);
  /// Moves all processes of the group `folder` to the group `home` and removes `folder`.
  [[nodiscard]] Status release(const std::string& folder, const std::string& home);
  /// Undoes everything now and waits for it, ten seconds a group at most. Errors: `unverified`, naming what is
  /// left.
  [[nodiscard]] Status undo();

 private:
  explicit UndoLog(UniqueFd pipe) : pipe_{std::move(pipe)} {}
  [[nodiscard]] Status note(char kind, const std::string& path, const std::string& value);
  UniqueFd pipe_;
};

}  // namespace dynascale::check
