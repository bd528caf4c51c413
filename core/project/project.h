// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/pareto/design_point.h"
#include "core/pareto/measured_run.h"
#include "core/quantization/state_encoding.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// One `.bitdial` file = one SQLite database: the imported network (its ONNX bytes), the profiles'
/// texts, the data source, design points with their accuracies, quantization states by content
/// hash, and the runs of searches (run_log.h). Self-contained. Not thread-safe: each thread has its
/// own; a reader never blocks the writer (write-ahead log where the file system allows, said
/// otherwise). All errors are bitdial::Error; a file that is no project, damaged or newer is
/// refused.
class Project {
public:
    /// Makes a new file; throws Error(Usage) when there is one already.
    static std::unique_ptr<Project> create(const std::filesystem::path& path);
    /// Reads the whole file once to see that it is not damaged; one of an older format is renewed
    /// before (migrations.h).
    static std::unique_ptr<Project> open(const std::filesystem::path& path);
    /// Another connection to a project that this program has open: without reading it whole again.
    static std::unique_ptr<Project> connect(const std::filesystem::path& path);
    ~Project();
    const std::filesystem::path& path() const;
    /// Whether readers and the writer work at the same time (write-ahead log). False where the file
    /// system allows no log: then they wait for each other.
    bool hasWriteAheadLog() const;
    /// The older format that open() renewed, or 0: it had this program's.
    std::int64_t renewedFromVersion() const;

    /// Where the network came from (file or zoo name) and its bytes (empty for zoo networks).
    /// Throws Error(BadInput) when it cannot be read, Error(Usage) when the project has points of
    /// another.
    void setNetwork(const std::string& source, const std::vector<std::byte>& onnx_bytes);
    /// Null when none was set yet.
    std::shared_ptr<const Network> network() const;
    std::string networkSource() const;
    std::vector<std::byte> networkBytes() const;
    void setDataSource(const std::string& source);
    std::string dataSource() const;
    void setProfileTexts(const std::vector<std::string>& texts);
    std::vector<std::string> profileTexts() const;

    /// Stores the point (and its state, if it has one) durably before it returns; returns its id.
    /// A point with an id keeps it (undo of a removal). Needs network() for the names in its bits;
    /// an empty assignment (float reference) needs none. The state's hash replaces the point's.
    std::int64_t addPoint(const DesignPoint& point, const EncodedState* state);
    void addAccuracy(std::int64_t point_id, const Accuracy& accuracy);
    /// Gives a point the numbers that it is measured with. Throws Error(Failed) when it is not
    /// there.
    void setState(std::int64_t point_id, const EncodedState& state);
    /// Removes the point, its accuracies and measured cycles, and its state where no other point
    /// uses it.
    void removePoint(std::int64_t point_id);
    /// All points by rising id. Needs network() to read the bits.
    std::vector<DesignPoint> points() const;
    std::optional<QuantizationState> state(const std::string& hash) const;

    /// Stores what an export of the point took, beside earlier runs. Throws Error(Failed) when the
    /// point is not there.
    void addMeasuredRun(const MeasuredRun& run);
    /// All of them, the latest last.
    std::vector<MeasuredRun> measuredRuns() const;

    /// A consistent copy under another name (save as). Replaces a file there whole or not at all;
    /// throws Error(Failed) when that is a project that somebody has open.
    void copyTo(const std::filesystem::path& path) const;

private:
    friend class RunLog;
    struct Private; ///< project_private.h
    explicit Project(std::unique_ptr<Private> p);
    std::unique_ptr<Private> d;
};

} // namespace bitdial
