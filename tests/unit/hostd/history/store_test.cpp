/// The history on a real SQLite file, with what can happen to such a file.
#include "hostd/history/store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hostd/history/history.hpp"
#include "runtime/clock.hpp"

namespace dynascale::hostd {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::int64_t noon = 1'700'000'400;  // A multiple of 300 s.

/// Two vCPUs of which one is busy, for ten seconds.
UsageRow row(const std::string& uuid, std::int64_t start_s) {
  UsageRow row{uuid, {start_s, {}}};
  history::Observation seen;
  seen.size = seen.wanted = {VcpuCount{2}, Bytes::mib(1024)};
  seen.busy_vcpus = 1;
  row.slot.usage.add(seen, 10);
  return row;
}

Batch first_batch() {
  Batch batch;
  batch.guests.push_back({"u1", "web1", Size{VcpuCount{1}, Bytes::mib(512)}});
  batch.usage = {row("u1", noon), row("u1", noon + 10), row("u1", noon + 300)};
  batch.events.push_back({"u1", noon * 1000, "decision", R"({"n":1})"});
  batch.events.push_back({"u1", (noon + 100) * 1000, "decision", R"({"n":2})"});
  return batch;
}

class HistoryStoreTest : public testing::Test {
 protected:
  HistoryStoreTest() {
    std::string name = testing::TempDir() + "history-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    file_ = folder_ / "history.db";
  }
  ~HistoryStoreTest() override {
    std::error_code ignored;
    fs::permissions(folder_, fs::perms::owner_all, ignored);
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] HistoryStore opened() const {
    auto store = HistoryStore::open(file_, retention_);
    if (!store) throw std::runtime_error(store.error().what);
    return std::move(*store);
  }
  static std::size_t points(HistoryStore& store, std::chrono::seconds step, Period period = {0, 1LL << 40}) {
    const auto series = store.series("u1", step, period);
    if (!series) throw std::runtime_error(series.error().what);
    return series->size();
  }
  static Status write(History& history, const Batch& batch) {
    const auto done = history.with<bool>([&](HistoryStore& store) -> Result<bool> {
      const auto written = store.write(batch);
      if (!written) return tl::unexpected(written.error());
      return true;
    });
    if (!done) return tl::unexpected(done.error());
    return {};
  }
  static std::size_t kept(History& history) {
    const auto count = history.with<std::size_t>([](HistoryStore& store) -> Result<std::size_t> {
      const auto series = store.series("u1", 10s, {0, 1LL << 40});
      if (!series) return tl::unexpected(series.error());
      return series->size();
    });
    EXPECT_TRUE(count) << count.error().what;
    return count.value_or(0);
  }
  [[nodiscard]] std::size_t set_aside() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator{folder_})
      count += entry.path().filename().string().starts_with("history.db.damaged-") ? 1U : 0U;
    return count;
  }

  fs::path folder_;
  fs::path file_;
  Retention retention_;
  SystemClock clock_;
};

TEST_F(HistoryStoreTest, RollsStepsUpWhileItWrites) {
  auto store = opened();
  ASSERT_TRUE(store.write(first_batch()));
  EXPECT_EQ(points(store, 10s), 3U);
  const auto five = store.series("u1", 5min, {noon, noon + 600});
  ASSERT_TRUE(five);
  ASSERT_EQ(five->size(), 2U);
  EXPECT_DOUBLE_EQ(five->front().usage.seconds, 20);
  EXPECT_DOUBLE_EQ(five->front().usage.vcpu_s, 40);
  EXPECT_DOUBLE_EQ(five->front().usage.busy_vcpu_s, 20);
  EXPECT_DOUBLE_EQ(five->front().boot_vcpu_s, 20);
  EXPECT_DOUBLE_EQ(five->front().boot_memory_mib_s, 512 * 20);
  const auto all = store.totals(1h, {0, 1LL << 40});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->front().name, "web1");
  EXPECT_DOUBLE_EQ(all->front().total.usage.vcpu_s, 60);
  EXPECT_DOUBLE_EQ(all->front().total.usage.vcpus_peak, 2);
}

TEST_F(HistoryStoreTest, AStepWrittenInPartsIsTheSameAsOneWrittenWhole) {
  auto store = opened();
  auto batch = first_batch();
  ASSERT_TRUE(store.write(batch));
  batch.guests.clear();
  batch.events.clear();
  ASSERT_TRUE(store.write(batch));
  const auto series = store.series("u1", 10s, {noon, noon + 10});
  ASSERT_TRUE(series && series->size() == 1);
  EXPECT_DOUBLE_EQ(series->front().usage.seconds, 20);
  EXPECT_DOUBLE_EQ(series->front().usage.vcpus_peak, 2);
}

TEST_F(HistoryStoreTest, FindsEventsByTime) {
  auto store = opened();
  ASSERT_TRUE(store.write(first_batch()));
  const auto before = store.last_event("u1", "decision", noon + 99);
  ASSERT_TRUE(before && before->has_value());
  EXPECT_EQ((*before)->body, R"({"n":1})");
  const auto after = store.last_event("u1", "decision", noon + 100);
  ASSERT_TRUE(after && after->has_value());
  EXPECT_EQ((*after)->body, R"({"n":2})");
  const auto never = store.last_event("u1", "resize", noon + 100);
  ASSERT_TRUE(never);
  EXPECT_FALSE(never->has_value());
  const auto newest = store.events("u1", {noon, noon + 1000}, 1);
  ASSERT_TRUE(newest && newest->size() == 1);
  EXPECT_EQ(newest->front().at_ms, (noon + 100) * 1000);
}

TEST_F(HistoryStoreTest, TheSizeAtStartSurvivesHostdAndNotTheGuestsEnd) {
  auto store = opened();
  ASSERT_TRUE(store.write(first_batch()));
  const auto boot_of = [&](std::int64_t start_s) {
    const auto series = store.series("u1", 10s, {start_s, start_s + 1});
    return series && series->size() == 1 ? series->front().boot_vcpu_s / 10 : -1;
  };
  Batch again;  // hostd started anew while the guest had grown.
  again.guests.push_back({"u1", "web1", Size{VcpuCount{4}, Bytes::mib(4096)}});
  again.usage.push_back(row("u1", noon + 600));
  ASSERT_TRUE(store.write(again));
  EXPECT_DOUBLE_EQ(boot_of(noon + 600), 1);
  Batch ended;
  ended.guests.push_back({"u1", "web1", {}});
  ASSERT_TRUE(store.write(ended));
  again.usage.front().slot.start_s = noon + 900;
  ASSERT_TRUE(store.write(again));
  EXPECT_DOUBLE_EQ(boot_of(noon + 900), 4);
}

TEST_F(HistoryStoreTest, OfTwoGuestsWithOneNameTheRunningOneIsMeant) {
  auto store = opened();
  auto batch = first_batch();
  batch.guests.push_back({"u1", "web1", {}});
  batch.guests.push_back({"u2", "web1", Size{VcpuCount{1}, Bytes::mib(512)}});
  ASSERT_TRUE(store.write(batch));
  EXPECT_EQ(store.find("web1").value(), "u2");
  EXPECT_EQ(store.find("u1").value(), "u1");
  EXPECT_EQ(store.find("web2").error().code, Errc::not_found);
}

TEST_F(HistoryStoreTest, ForgetsByAgeTheFinestFirst) {
  auto store = opened();
  ASSERT_TRUE(store.write(first_batch()));
  ASSERT_TRUE(store.forget(noon + 3600));
  EXPECT_EQ(points(store, 10s), 3U);
  ASSERT_TRUE(store.forget(noon + 3 * 86400));
  EXPECT_EQ(points(store, 10s), 0U);
  EXPECT_EQ(points(store, 5min), 2U);
  ASSERT_TRUE(store.forget(noon + 36 * 86400));
  EXPECT_EQ(points(store, 5min), 0U);
  EXPECT_EQ(points(store, 1h), 1U);
  Batch ended;
  ended.guests.push_back({"u1", "web1", {}});
  ASSERT_TRUE(store.write(ended));
  ASSERT_TRUE(store.forget(noon + 401LL * 86400));
  EXPECT_EQ(store.find("web1").error().code, Errc::not_found);
}

TEST_F(HistoryStoreTest, ForgetsWhatAWrongClockWroteIntoTheFuture) {
  auto store = opened();
  auto batch = first_batch();
  batch.usage.push_back(row("u1", noon + 1000LL * 86400));
  batch.events.push_back({"u1", (noon + 1000LL * 86400) * 1000, "decision", "{}"});
  ASSERT_TRUE(store.write(batch));
  ASSERT_TRUE(store.forget(noon + 600));
  EXPECT_EQ(points(store, 10s), 3U);
  EXPECT_EQ(store.events("u1", {0, 1LL << 40}, 10)->size(), 2U);
}

TEST_F(HistoryStoreTest, StaysWithinItsSizeAndKeepsTheNewest) {
  retention_.max_size = Bytes::mib(1);
  auto store = opened();
  ASSERT_TRUE(store.write(first_batch()));
  std::int64_t at = noon + 600;
  for (int round = 0; round < 150; ++round) {
    Batch batch;
    for (int i = 0; i < 200; ++i, at += 10) batch.usage.push_back(row("u1", at));
    batch.events.push_back({"u1", at * 1000, "decision", std::string(2000, 'x')});
    ASSERT_TRUE(store.write(batch)) << round;
    ASSERT_LE(fs::file_size(file_), Bytes::mib(1).count());
  }
  EXPECT_EQ(points(store, 10s, {at - 2000, at}), 200U) << "the newest is there";
  EXPECT_EQ(points(store, 10s, {noon, noon + 600}), 0U) << "the oldest went";
  EXPECT_EQ(points(store, 1h), static_cast<std::size_t>((at - noon) / 3600 + 1)) << "coarse steps tell of all of it";
}

TEST_F(HistoryStoreTest, ABatchThatDoesNotFitIsWrittenNotAtAllAndThePresentStays) {
  retention_.max_size = Bytes::kib(256);
  auto store = opened();
  ASSERT_TRUE(store.write(first_batch()));
  Batch huge;
  huge.usage.push_back(row("u1", noon + 20));
  huge.events.push_back({"u1", noon * 1000, "decision", std::string(1U << 20U, 'x')});
  const auto written = store.write(huge);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::limit_exceeded);
  EXPECT_EQ(points(store, 10s), 3U);
}

TEST_F(HistoryStoreTest, AnotherProcessMayNotUseTheFileMeanwhile) {
  const auto store = opened();
  const auto second = HistoryStore::open(file_, retention_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::unavailable);
}

TEST_F(HistoryStoreTest, ADamagedFileIsSetAsideAndANewOneBegun) {
  for (int round = 0; round < 4; ++round) {
    std::ofstream{file_} << "this is no database, and long enough to be looked at " << std::string(5000, '!');
    History history{file_, retention_, clock_};
    ASSERT_TRUE(write(history, first_batch()));
    EXPECT_EQ(kept(history), 3U);
    const auto warnings = history.take_warnings();
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings.front().find("damaged"), std::string::npos);
    EXPECT_NE(warnings.front().find(file_.string()), std::string::npos);
    // Their names hold whole seconds.
    for (const auto& entry : fs::directory_iterator{folder_})
      if (entry.path().filename().string().starts_with("history.db.damaged-"))
        fs::rename(entry.path(), entry.path().string() + std::to_string(round));
  }
  EXPECT_LE(set_aside(), max_set_aside + 1);
}

TEST_F(HistoryStoreTest, ATruncatedFileIsSetAside) {
  {
    auto store = opened();
    auto batch = first_batch();
    for (std::int64_t at = 0; at < 20000; at += 10) batch.usage.push_back(row("u1", noon + 600 + at));
    ASSERT_TRUE(store.write(batch));
  }
  fs::resize_file(file_, fs::file_size(file_) / 2);
  History history{file_, retention_, clock_};
  ASSERT_TRUE(write(history, first_batch()));
  EXPECT_EQ(set_aside(), 1U);
  EXPECT_EQ(kept(history), 3U);
}

TEST_F(HistoryStoreTest, AFileOfAnotherLayoutIsSetAside) {
  {
    auto database = Database::open(file_);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->run("CREATE TABLE usage(x); PRAGMA user_version=99"));
  }
  History history{file_, retention_, clock_};
  ASSERT_TRUE(write(history, first_batch()));
  ASSERT_EQ(history.take_warnings().size(), 1U);
  EXPECT_EQ(set_aside(), 1U);
}

/// Root may write anywhere, so the folder's place is taken by a file.
TEST_F(HistoryStoreTest, AFolderThatCannotBeWrittenIsAnErrorUntilItCan) {
  const auto place = folder_ / "state";
  std::ofstream{place} << "not a folder";
  History history{place / "history.db", retention_, clock_};
  const auto refused = write(history, first_batch());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::permission_denied);
  EXPECT_NE(refused.error().what.find(place.string()), std::string::npos);
  fs::remove(place);
  EXPECT_TRUE(write(history, first_batch()));
}

/// A child writes until it is killed, several times over: what it said is written must be there, and whole.
TEST_F(HistoryStoreTest, AKillInTheMiddleOfWritingLosesNothingThatWasWritten) {
  std::int64_t at = noon;
  for (int round = 0; round < 8; ++round) {
    int told[2];
    ASSERT_EQ(::pipe2(told, O_CLOEXEC), 0);
    const auto child = ::fork();
    if (child == 0) {
      auto store = HistoryStore::open(file_, retention_);
      for (std::int64_t next = at; store; next += 100) {
        Batch batch;
        batch.guests.push_back({"u1", "web1", Size{VcpuCount{1}, Bytes::mib(512)}});
        for (int i = 0; i < 10; ++i) batch.usage.push_back(row("u1", next + i * 10L));
        const auto written = store->write(batch);
        if (!written || ::write(told[1], &next, sizeof next) != sizeof next) break;
      }
      ::_exit(1);
    }
    ::close(told[1]);
    std::int64_t last = 0;
    for (int i = 0; i < 3 + round; ++i) ASSERT_EQ(::read(told[0], &last, sizeof last), ssize_t{sizeof last});
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(told[0], &last, sizeof last) == ssize_t{sizeof last}) {}
    ::close(told[0]);
    auto store = opened();
    const auto count = points(store, 10s);
    EXPECT_GE(count, static_cast<std::size_t>((last + 100 - noon) / 10));
    EXPECT_EQ(count % 10, 0U) << "half a batch was written";
    EXPECT_EQ(Database::open(file_).error().code, Errc::unavailable);
    at = noon + static_cast<std::int64_t>(count) * 10;
  }
  EXPECT_EQ(set_aside(), 0U);
}

}  // namespace
}  // namespace dynascale::hostd
