#include "hostd/history/snapshot.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace dynascale::hostd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
constexpr std::int64_t noon = 1'700'000'400;

class HistorySnapshotTest : public testing::Test {
 protected:
  HistorySnapshotTest() {
    std::string name = testing::TempDir() + "snapshot-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    file_ = folder_ / "history.db";
  }
  ~HistorySnapshotTest() override { fs::remove_all(folder_); }

  HistoryStore opened() {
    auto store = HistoryStore::open(file_, {});
    if (!store) throw std::runtime_error(store.error().what);
    return std::move(*store);
  }
  static void write(HistoryStore& store, std::int64_t start_s) {
    Batch batch;
    batch.guests.push_back({"u1", "web1", Size{VcpuCount{1}, Bytes::mib(512)}});
    history::Observation seen;
    seen.busy_vcpus = 1;
    batch.usage.push_back({"u1", {start_s, {}}});
    batch.usage.back().slot.usage.add(seen, 10);
    ASSERT_TRUE(store.write(batch));
  }
  static std::size_t points(HistorySnapshot& snapshot) {
    const auto series = snapshot.store().series("u1", 10s, {0, 1LL << 40});
    if (!series) throw std::runtime_error(series.error().what);
    return series->size();
  }
  static std::string bytes_of(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  fs::path folder_;
  fs::path file_;
};

TEST_F(HistorySnapshotTest, SeesWhatAnotherProgramThatLocksTheFileHasWritten) {
  auto store = opened();  // Holds the exclusive lock, and its last batches are in the log only.
  for (int step = 0; step < 5; ++step) write(store, noon + 10 * step);
  const auto file = bytes_of(file_);
  auto snapshot = HistorySnapshot::take(file_, folder_);
  ASSERT_TRUE(snapshot) << snapshot.error().what;
  EXPECT_EQ(points(*snapshot), 5U);
  EXPECT_EQ(bytes_of(file_), file) << "the file itself is only read";
  write(store, noon + 100);
  EXPECT_EQ(points(*snapshot), 5U);
}

TEST_F(HistorySnapshotTest, ReadsAFileThatNobodyHasOpenAndLeavesNothing) {
  {
    auto store = opened();
    write(store, noon);
  }
  {
    auto snapshot = HistorySnapshot::take(file_, folder_);
    ASSERT_TRUE(snapshot) << snapshot.error().what;
    EXPECT_EQ(points(*snapshot), 1U);
  }
  std::size_t left = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator{folder_}) ++left;
  EXPECT_EQ(left, 1U);
}

TEST_F(HistorySnapshotTest, NamesAFileThatIsMissingOrNoHistory) {
  const auto none = HistorySnapshot::take(file_, folder_);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::not_found);
  EXPECT_NE(none.error().what.find("history.db"), std::string::npos);
  std::ofstream{file_} << std::string(5000, 'x');
  const auto other = HistorySnapshot::take(file_, folder_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace dynascale::hostd
