#include "ctl/simulate/sources/history_source.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "hostd/history/store.hpp"

namespace dynascale::simulate {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
constexpr std::int64_t noon = 1'700'000'400;  // A multiple of 300 s.

class HistorySource : public testing::Test {
 protected:
  HistorySource() {
    std::string name = testing::TempDir() + "source-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    file_ = folder_ / "history.db";
  }
  ~HistorySource() override { fs::remove_all(folder_); }

  /// Steps of ten seconds from `start_s` on, in each of which so many of four vCPUs were busy.
  void write(std::int64_t start_s, int count, std::optional<double> busy) {
    auto store = hostd::HistoryStore::open(file_, {});
    ASSERT_TRUE(store) << store.error().what;
    hostd::Batch batch;
    batch.guests.push_back({"u1", "web1", Size{VcpuCount{4}, Bytes::mib(1024)}});
    for (int at = 0; at < count; ++at) {
      history::Observation seen;
      seen.size = seen.wanted = {VcpuCount{4}, Bytes::mib(1024)};
      seen.busy_vcpus = busy;
      seen.used = Bytes::mib(512);
      batch.usage.push_back({"u1", {start_s + 10 * at, {}}});
      batch.usage.back().slot.usage.add(seen, 10);
    }
    ASSERT_TRUE(store->write(batch));
  }
  static Span around(std::chrono::seconds step) {
    using std::chrono::system_clock;
    return {system_clock::from_time_t(noon - 86400), system_clock::from_time_t(noon + 86400), step};
  }

  fs::path folder_;
  fs::path file_;
};

TEST_F(HistorySource, TellsWhatWasKnownAndLeavesOutWhatWasNot) {
  write(noon, 30, 1.0);                 // A whole step,
  write(noon + 300, 30, std::nullopt);  // one in which the guest was seen and its load was not known,
  write(noon + 900, 10, 2.0);           // one that was not seen, one that was seen for a third,
  write(noon + 1200, 30, 3.9);          // and another whole one.
  const auto record = read_history(file_, "web1", around(5min), 0);
  ASSERT_TRUE(record) << record.error().what;
  EXPECT_EQ(record->units_max, 4) << "the most that it had";
  ASSERT_EQ(record->traces.size(), 1U);
  const auto& cpu = record->traces[0].cpu_percent;
  ASSERT_EQ(cpu.size(), 5U);
  EXPECT_DOUBLE_EQ(cpu[0], 25);
  EXPECT_TRUE(is_missing(cpu[1]) && is_missing(cpu[2]) && is_missing(cpu[3]));
  EXPECT_DOUBLE_EQ(cpu[4], 97.5);
  EXPECT_DOUBLE_EQ(record->traces[0].memory_percent[1], 50);
  ASSERT_EQ(record->notes.size(), 1U) << "that more may have been wanted is said";
}

TEST_F(HistorySource, CountsInTheVcpusThatWereAskedFor) {
  write(noon, 30, 1.0);
  const auto record = read_history(file_, "u1", around(10s), 8);
  ASSERT_TRUE(record) << record.error().what;
  EXPECT_EQ(record->units_max, 8);
  EXPECT_EQ(demand_of(record->traces[0], Resource::cpu, 8), std::vector<double>(30, 1.0));
}

TEST_F(HistorySource, SaysWhatIsMissing) {
  write(noon, 30, 1.0);
  EXPECT_EQ(read_history(file_, "other", around(5min), 0).error().code, Errc::not_found);
  EXPECT_EQ(read_history(file_, "web1", around(1min), 0).error().code, Errc::invalid_argument);
  auto later = around(5min);
  later.from = later.to;
  later.to += 1h;
  const auto nothing = read_history(file_, "web1", later, 0);
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().what.find("--since"), std::string::npos);
}

}  // namespace
}  // namespace dynascale::simulate
