#include "agent/retuner.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/fakes/fake_adapter.hpp"
#include "tests/fakes/fake_guest_system.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class RetunerTest : public testing::Test {
 protected:
  ~RetunerTest() override { pool_.join(); }

  Retuner& retuner(Ratio dead_band) {
    RetunerOptions options;
    options.dead_band = dead_band;
    return retuner(std::move(options));
  }
  Retuner& retuner(RetunerOptions options) {
    std::vector<std::unique_ptr<Adapter>> adapters;
    adapters.push_back(std::make_unique<fakes::FakeAdapter>(application_));
    const auto divide = [](const GuestShare& share, const std::vector<Application>& all) {
      return std::vector<Resources>(all.size(), Resources{share.size.vcpus, share.size.memory, {}, {}});
    };
    return retuner_.emplace(std::move(adapters), system_, divide, clock_, pool_, log_, std::move(options));
  }
  template <class R>
  R run(asio::awaitable<R> work) {
    std::optional<R> result;
    asio::co_spawn(context_, std::move(work), [&](const std::exception_ptr&, R value) { result = std::move(value); });
    context_.restart();
    context_.run();
    return *result;
  }
  static GuestShare share_of(std::uint16_t vcpus) {
    GuestShare share;
    share.size = {VcpuCount{vcpus}, Bytes::gib(1)};
    return share;
  }
  std::size_t changes_for(std::uint16_t vcpus) {
    return run(retuner_->survey(share_of(vcpus), clock_.now() + 5s)).at(0).plan.now.size();
  }

  asio::io_context context_{1};
  SystemClock clock_;
  OffloadPool pool_{2};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeApplication application_;
  fakes::FakeGuestSystem system_;
  std::optional<Retuner> retuner_;
};

TEST_F(RetunerTest, AChangeBelowTheDeadBandIsNotMade) {
  application_.workers = 100;
  retuner(Ratio::percent(5));
  EXPECT_EQ(changes_for(104), 0U);
  EXPECT_EQ(changes_for(96), 0U);
  EXPECT_EQ(changes_for(105), 1U);
  EXPECT_EQ(changes_for(95), 1U);
}

TEST_F(RetunerTest, WithoutADeadBandEachChangeIsMade) {
  application_.workers = 100;
  retuner(Ratio{});
  EXPECT_EQ(changes_for(101), 1U);
  EXPECT_EQ(changes_for(100), 0U);
}

TEST_F(RetunerTest, SmallStepsAddUpInsteadOfBeingLost) {
  application_.workers = 100;
  retuner(Ratio::percent(5));
  EXPECT_EQ(changes_for(102), 0U);
  EXPECT_EQ(changes_for(104), 0U);
  EXPECT_EQ(changes_for(106), 1U) << "measured from what runs, not from the last wish";
}

TEST_F(RetunerTest, PlansOnWhatItKnowsAndLooksBeforeItActs) {
  retuner(Ratio{});
  static_cast<void>(changes_for(1));
  const int reads = application_.reads;
  auto recalled = run(retuner_->recall(share_of(3), run(retuner_->find())));
  ASSERT_TRUE(recalled);
  EXPECT_EQ(application_.reads, reads);
  const auto done = run(retuner_->apply(*recalled, clock_.now() + 5s, {}));
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].result, RetuneResult::verified);
  EXPECT_EQ(application_.workers, 3);
}

TEST_F(RetunerTest, AsksAgainWhatTheCgroupMayUse) {
  retuner(Ratio{});
  system_.allowed.vcpus = VcpuCount{1};
  static_cast<void>(changes_for(1));
  const auto found = run(retuner_->find());
  system_.allowed.vcpus = VcpuCount{3};
  const auto recalled = run(retuner_->recall(share_of(3), found));
  ASSERT_TRUE(recalled);
  EXPECT_EQ(recalled->at(0).limits.vcpus, VcpuCount{3}) << "a vCPU came online since it was found";
}

TEST_F(RetunerTest, LeavesAloneWhatChangedSinceItLooked) {
  retuner(Ratio{});
  static_cast<void>(changes_for(1));
  auto recalled = run(retuner_->recall(share_of(3), run(retuner_->find())));
  application_.workers = 7;
  EXPECT_TRUE(run(retuner_->apply(*recalled, clock_.now() + 5s, {})).empty());
  EXPECT_EQ(application_.workers, 7);
  application_.running = false;
  EXPECT_FALSE(run(retuner_->recall(share_of(3), run(retuner_->find())))) << "another application now";
}

TEST_F(RetunerTest, KeepsWhatItKnowsOnlyWhenThatChanged) {
  std::vector<std::string> kept;
  RetunerOptions options;
  options.save = [&kept](const std::string& text) -> Status {
    kept.push_back(text);
    return {};
  };
  retuner(options);
  changes_for(1);
  changes_for(1);
  EXPECT_EQ(kept.size(), 1U);
  auto seen = run(retuner_->survey(share_of(2), clock_.now() + 5s));
  EXPECT_EQ(run(retuner_->apply(std::move(seen), clock_.now() + 5s, {})).size(), 1U);
  ASSERT_EQ(kept.size(), 3U) << "before it sets a value, and after";
  EXPECT_NE(kept[1].find("changing"), std::string::npos);
  EXPECT_EQ(kept[2].find("changing"), std::string::npos);
  const auto known = OwnChanges::parse(kept.back());
  ASSERT_TRUE(known);
  EXPECT_EQ(known->part_of("fake:1"), Bytes::gib(1));
}

TEST_F(RetunerTest, AStateThatCannotBeKeptStopsNothing) {
  RetunerOptions options;
  options.save = [](const std::string&) -> Status { return fail(Errc::io, "the disk is full"); };
  retuner(options);
  EXPECT_EQ(changes_for(2), 1U);
}

TEST_F(RetunerTest, TellsCheaplyWhetherTheApplicationsAreTheSame) {
  retuner(Ratio{});
  EXPECT_FALSE(run(retuner_->same_applications())) << "nothing was surveyed yet";
  static_cast<void>(changes_for(2));
  EXPECT_TRUE(run(retuner_->same_applications()));
  application_.running = false;
  EXPECT_FALSE(run(retuner_->same_applications()));
}

}  // namespace
}  // namespace dynascale::agent
