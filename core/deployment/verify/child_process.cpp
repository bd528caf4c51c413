// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/child_process.h"

#include "core/base/error.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace bitdial {
namespace {

constexpr int poll_ms = 25;
constexpr std::size_t most_output = std::size_t(4) << 20;

[[noreturn]] void failSystem(const std::string& program, int error)
{
    throw Error(ErrorCode::Failed, "Cannot run a program", program, std::strerror(error),
                "Close other programs and try again");
}

/// A running program with the reading end of its output. Kills its group unless it was awaited.
class Child {
public:
    Child(pid_t pid, int output) : m_pid(pid), m_output(output) {}
    ~Child()
    {
        ::close(m_output);
        if (m_pid > 0) {
            ::kill(-m_pid, SIGKILL);
            await();
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    int output() const { return m_output; }
    /// Its exit status, nothing while it runs.
    std::optional<int> ended()
    {
        int status = 0;
        const pid_t found = ::waitpid(m_pid, &status, WNOHANG);
        if (found == 0 || (found < 0 && errno == EINTR))
            return std::nullopt;
        m_pid = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    void await() const
    {
        while (::waitpid(m_pid, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    pid_t m_pid;
    int m_output;
};

/// This program's variables with messages in English: callers look for words in them.
std::vector<char*> plainEnvironment()
{
    static char language[] = "LC_ALL=C";
    std::vector<char*> variables;
    for (char** variable = environ; *variable; ++variable)
        if (!std::string_view(*variable).starts_with("LC_ALL="))
            variables.push_back(*variable);
    variables.insert(variables.end(), {language, nullptr});
    return variables;
}

/// posix_spawnp in a new process group; returns its error number.
int spawn(const std::vector<std::string>& command, const std::filesystem::path& folder, int output,
          pid_t& pid)
{
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const auto& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str())); // exec does not change them
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    if (!folder.empty())
        posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    auto environment = plainEnvironment();
    const int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(),
                                     environment.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

void checkStop(const std::string& program, const std::stop_token& stop)
{
    if (stop.stop_requested())
        throw Error(ErrorCode::Cancelled, "The verification was stopped", program,
                    "it was cancelled", "Start it again");
}

/// A program may close its output long before it ends.
int awaitEnd(Child& child, const std::string& program, const std::stop_token& stop)
{
    while (true) {
        if (const auto status = child.ended())
            return *status;
        checkStop(program, stop);
        ::poll(nullptr, 0, poll_ms);
    }
}

/// Reads until the program closes its output.
void readOutput(const Child& child, const std::string& program, const std::stop_token& stop,
                const std::function<void(std::string_view)>& on_output, std::string& output)
{
    std::array<char, 4096> buffer;
    while (true) {
        checkStop(program, stop);
        pollfd waiting{child.output(), POLLIN, 0};
        const int ready = ::poll(&waiting, 1, poll_ms);
        if (ready < 0 && errno != EINTR)
            failSystem(program, errno);
        if (ready <= 0)
            continue;
        const auto got = ::read(child.output(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        const std::string_view piece(buffer.data(), std::size_t(got));
        output.append(piece.substr(0, most_output - std::min(most_output, output.size())));
        if (on_output)
            on_output(piece);
    }
}

} // namespace

ProcessResult runProcess(const std::vector<std::string>& command, const std::stop_token& stop,
                         const std::function<void(std::string_view)>& on_output,
                         const std::filesystem::path& folder)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        failSystem(command.front(), errno);
    pid_t pid = 0;
    const int error = spawn(command, folder, ends[1], pid);
    ::close(ends[1]);
    ProcessResult result;
    if (error != 0) {
        ::close(ends[0]);
        if (error == EAGAIN || error == ENOMEM)
            failSystem(command.front(), error);
        result.start_failure = std::strerror(error);
        return result;
    }
    Child child(pid, ends[0]);
    result.started = true;
    readOutput(child, command.front(), stop, on_output, result.output);
    result.exit_status = awaitEnd(child, command.front(), stop);
    return result;
}

} // namespace bitdial
