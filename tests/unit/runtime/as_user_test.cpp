#include "runtime/as_user.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "runtime/unique_fd.hpp"

namespace dynascale {
namespace {

constexpr Identity nobody{.uid = 65534, .gid = 65534};

class AsUser : public ::testing::Test {
 protected:
  AsUser() {
    std::string pattern = "/tmp/dynascale-as-user-XXXXXX";
    path = ::mkdtemp(pattern.data());
    ::chmod(path.c_str(), 0777);
    folder.reset(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  ~AsUser() override { std::filesystem::remove_all(path); }
  [[nodiscard]] static Identity other() {
    return ::geteuid() == 0 ? nobody : Identity{.uid = ::geteuid(), .gid = ::getegid()};
  }
  std::string path;
  UniqueFd folder;
};

TEST_F(AsUser, AFileBelongsToTheUserAndGoesAgain) {
  ASSERT_TRUE(create_file_as(other(), folder.get(), "mark"));
  ASSERT_TRUE(create_file_as(other(), folder.get(), "mark")) << "one that is there stays";
  struct stat file {};
  ASSERT_EQ(::stat((path + "/mark").c_str(), &file), 0);
  EXPECT_EQ(file.st_uid, other().uid);
  EXPECT_EQ(file.st_gid, other().gid);
  ASSERT_TRUE(remove_file_as(other(), folder.get(), "mark"));
  ASSERT_TRUE(remove_file_as(other(), folder.get(), "mark")) << "it is gone already";
  EXPECT_FALSE(std::filesystem::exists(path + "/mark"));
}

TEST_F(AsUser, ThePeerSeesTheUserAndThisProcessSpeaks) {
  const UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, (path + "/s").c_str());
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  ::chmod(name.sun_path, 0777);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto connected = connect_as(other(), socket.get(), folder.get(), "s");
  ASSERT_TRUE(connected) << connected.error().what;
  const UniqueFd peer{::accept(listener.get(), nullptr, nullptr)};
  ucred who{};
  socklen_t size = sizeof who;
  ASSERT_EQ(::getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &who, &size), 0);
  EXPECT_EQ(who.uid, other().uid);
  EXPECT_EQ(who.gid, other().gid);
  ASSERT_EQ(::write(socket.get(), "x", 1), 1);
  char got = 0;
  EXPECT_EQ(::read(peer.get(), &got, 1), 1);
  EXPECT_EQ(::geteuid(), ::getuid()) << "this process stays who it is";
}

TEST_F(AsUser, SaysWhatIsWrong) {
  const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  EXPECT_EQ(connect_as(other(), socket.get(), folder.get(), "none").error().code, Errc::not_found);
  for (const auto* name : {"", "../up", "/etc/passwd"})
    EXPECT_EQ(create_file_as(other(), folder.get(), name).error().code, Errc::invalid_argument) << name;
  if (::geteuid() != 0) return;
  ::chmod(path.c_str(), 0700);
  EXPECT_EQ(create_file_as(other(), folder.get(), "mark").error().code, Errc::permission_denied);
}

}  // namespace
}  // namespace dynascale
