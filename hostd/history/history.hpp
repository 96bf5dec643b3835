#pragma once
/// The history's file over its life: opened when it is first used, set aside when it is damaged, opened anew after
/// errors. Every call blocks and may come from any pool thread; one is served at a time.

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hostd/history/store.hpp"
#include "runtime/clock.hpp"

namespace dynascale::hostd {

inline constexpr std::size_t max_set_aside = 2;  ///< Damaged files that are kept; older ones are removed.

class History {
 public:
  History(std::filesystem::path path, Retention retention, const Clock& clock)
      : path_{std::move(path)}, retention_{retention}, clock_{clock} {}

  /// `work` on the open store. A damaged file is set aside and a new one begun, and `work` is done on that one.
  /// Errors: HistoryStore's, with the file's path; the file is then closed, and the next call opens it anew.
  template <class T>
  [[nodiscard]] Result<T> with(const std::function<Result<T>(HistoryStore&)>& work) {
    const std::scoped_lock guard{lock_};
    for (bool again = true;; again = false) {
      if (const auto open = ensure_open(); !open) return tl::unexpected(open.error());
      auto result = work(*store_);
      if (result || is_answer(result.error().code)) return result;
      auto error = std::move(result.error());
      store_.reset();
      if (error.code != Errc::corrupt || !again) return fail(error.code, path_.string() + ": " + error.what);
      if (const auto aside = set_aside(error.what); !aside) return tl::unexpected(aside.error());
    }
  }

  /// What an operator should read of the file's fate since the last call.
  [[nodiscard]] std::vector<std::string> take_warnings();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  /// The store is well, and its answer is no.
  [[nodiscard]] static bool is_answer(Errc code) { return code == Errc::not_found || code == Errc::invalid_argument; }
  Status ensure_open();
  Status set_aside(const std::string& why);

  const std::filesystem::path path_;
  const Retention retention_;
  const Clock& clock_;
  std::mutex lock_;
  std::optional<HistoryStore> store_;
  std::vector<std::string> warnings_;
};

}  // namespace dynascale::hostd
