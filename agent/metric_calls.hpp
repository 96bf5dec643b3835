#pragma once
/// Asks applications whose adapters have a command for it (`exec`, programs of their own) for figures, one after the
/// other: a command that hangs holds one thread of the pool, and is asked less often from then on. One loop thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "agent/metric_book.hpp"
#include "agent/retuner.hpp"

namespace dynascale::agent {

class MetricCalls {
 public:
  MetricCalls(boost::asio::any_io_executor executor, const Retuner& retuner, MetricBook& book, const Clock& clock,
              OffloadPool& pool, Log& log)
      : executor_{std::move(executor)}, retuner_{retuner}, book_{book}, clock_{clock}, pool_{pool}, log_{log} {}
  /// Works for ever; ends when cancelled.
  boost::asio::awaitable<void> run();
  /// Asks those whose time has come.
  boost::asio::awaitable<void> ask_due();
  /// What ails the figures of one application; empty: nothing.
  [[nodiscard]] std::string fault_of(const std::string& id) const;

 private:
  struct Asked {
    Instant next;
    unsigned failures = 0;
    std::string fault = {};
  };
  void forget_gone();
  void take(const std::string& id, Asked& asked, const Result<Figures>& figures, Instant now);

  boost::asio::any_io_executor executor_;
  const Retuner& retuner_;
  MetricBook& book_;
  const Clock& clock_;
  OffloadPool& pool_;
  Log& log_;
  std::map<std::string, Asked> asked_;  ///< By the application's id.
};

}  // namespace dynascale::agent
