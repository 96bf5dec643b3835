#pragma once
/// The master FIFO of uWSGI: one byte is one order. Threading: one thread at a time; any thread.

#include "core/model/result.hpp"
#include "runtime/files.hpp"
#include "runtime/unique_fd.hpp"

namespace dynascale::uwsgi {

class Fifo {
 public:
  /// Found among the files that the master has open, not by its name: the name may lead elsewhere, and uWSGI
  /// makes the FIFO anew whenever the last writer goes. Errors: `unsupported` (the master has none, or more
  /// than one named pipe), `permission_denied`, `unavailable`.
  [[nodiscard]] static Result<Fifo> open(const Files& files, std::int32_t master);

  /// Orders do not coalesce; they wait until the master looks, at most a second. Errors: `unavailable`, when
  /// the master reads no more.
  Status more(int workers) { return order('+', workers); }
  Status fewer() { return order('-', 1); }

 private:
  explicit Fifo(UniqueFd fd) : fd_{std::move(fd)} {}
  Status order(char letter, int times);
  UniqueFd fd_;
};

}  // namespace dynascale::uwsgi
