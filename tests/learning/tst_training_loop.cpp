// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/learning/training_loop.h"

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <QtTest>

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

using namespace bitdial;

namespace {

/// A loss of two numbers that is no paraboloid: 2 (x - 1)^2 + (x y + 0.5)^2 + 0.1 y^4.
at::Tensor lossOf(const at::Tensor& p)
{
    const auto x = p[0];
    const auto y = p[1];
    return 2 * (x - 1).square() + (x * y + 0.5).square() + 0.1 * y.pow(4);
}

std::array<double, 2> gradientOf(const std::array<double, 2>& p)
{
    const auto [x, y] = p;
    const double both = x * y + 0.5;
    return {4 * (x - 1) + 2 * both * y, 2 * both * x + 0.4 * y * y * y};
}

using Step = std::function<void(std::array<double, 2>& p, const std::array<double, 2>& gradient,
                                double rate, int step)>;

/// SGD with momentum 0.9 and weight decay 0.05, as Sutskever 2013 writes it in LibTorch's form.
Step sgd(bool nesterov)
{
    return [nesterov, velocity = std::array<double, 2>{}](auto& p, const auto& gradient,
                                                          double rate, int step) mutable {
        for (std::size_t i = 0; i < 2; ++i) {
            const double g = gradient[i] + 0.05 * p[i];
            velocity[i] = step == 0 ? g : 0.9 * velocity[i] + g;
            p[i] -= rate * (nesterov ? g + 0.9 * velocity[i] : velocity[i]);
        }
    };
}

/// Kingma 2015, algorithm 1.
Step adam()
{
    return [m = std::array<double, 2>{}, v = std::array<double, 2>{}](
               auto& p, const auto& gradient, double rate, int step) mutable {
        for (std::size_t i = 0; i < 2; ++i) {
            m[i] = 0.9 * m[i] + 0.1 * gradient[i];
            v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
            const double mean = m[i] / (1 - std::pow(0.9, step + 1));
            const double square = v[i] / (1 - std::pow(0.999, step + 1));
            p[i] -= rate * mean / (std::sqrt(square) + 1e-8);
        }
    };
}

at::Tensor start()
{
    return at::tensor({0.2, -0.7}, at::kDouble).set_requires_grad(true);
}

} // namespace

class TestTrainingLoop : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void followsTheFormulas_data();
    void followsTheFormulas();
    void gradientsCanBeChangedBeforeTheStep();
    void stopsAtTheNextStep();
};

void TestTrainingLoop::followsTheFormulas_data()
{
    QTest::addColumn<QString>("optimizer");
    QTest::addColumn<bool>("cosine");
    for (const char* name : {"momentum", "nesterov", "adam"})
        for (const bool cosine : {false, true})
            QTest::addRow("%s %s", name, cosine ? "cosine" : "constant")
                << QString::fromLatin1(name) << cosine;
}

void TestTrainingLoop::followsTheFormulas()
{
    QFETCH(QString, optimizer);
    QFETCH(bool, cosine);
    constexpr int steps = 40;
    constexpr double rate = 0.03;
    const at::Tensor p = start();
    std::unique_ptr<torch::optim::Optimizer> used;
    if (optimizer == "adam")
        used =
            std::make_unique<torch::optim::Adam>(std::vector{p}, torch::optim::AdamOptions(rate));
    else
        used = std::make_unique<torch::optim::SGD>(
            std::vector{p},
            torch::optim::SGDOptions(rate).momentum(0.9).weight_decay(0.05).nesterov(optimizer ==
                                                                                     "nesterov"));
    std::vector<std::array<double, 2>> path;
    TrainingLoop loop{"A test", "here", steps};
    if (cosine)
        loop.optimizers = {{*used, [](int step) { return rate * cosineDecay(step, steps); }}};
    else
        loop.optimizers = {{*used}};
    loop.loss = [&](int) { return lossOf(p); };
    loop.stepped = [&](int, const at::Tensor&) {
        path.push_back({p[0].item<double>(), p[1].item<double>()});
    };
    runTraining(loop, {});
    QCOMPARE(int(path.size()), steps);
    std::array<double, 2> expected = {0.2, -0.7};
    const auto one = optimizer == "adam" ? adam() : sgd(optimizer == "nesterov");
    for (int step = 0; step < steps; ++step) {
        const double now =
            cosine ? rate * 0.5 * (1 + std::cos(std::numbers::pi * step / steps)) : rate;
        one(expected, gradientOf(expected), now, step);
        for (std::size_t i = 0; i < 2; ++i)
            QVERIFY(std::abs(path[std::size_t(step)][i] - expected[i]) < 1e-9);
    }
    QVERIFY(std::abs(expected[0] - 0.2) > 0.1); // it went somewhere
}

void TestTrainingLoop::gradientsCanBeChangedBeforeTheStep()
{
    const at::Tensor p = start();
    torch::optim::SGD optimizer({p}, torch::optim::SGDOptions(0.1));
    TrainingLoop loop{"A test", "here", 1};
    loop.optimizers = {{optimizer}};
    loop.loss = [&](int) { return lossOf(p); };
    loop.gradients_ready = [&] { p.mutable_grad().mul_(0.5); };
    runTraining(loop, {});
    const auto gradient = gradientOf({0.2, -0.7});
    QVERIFY(std::abs(p[0].item<double>() - (0.2 - 0.05 * gradient[0])) < 1e-12);
    QVERIFY(std::abs(p[1].item<double>() - (-0.7 - 0.05 * gradient[1])) < 1e-12);
}

void TestTrainingLoop::stopsAtTheNextStep()
{
    const at::Tensor p = start();
    torch::optim::SGD optimizer({p}, torch::optim::SGDOptions(0.01));
    std::stop_source stop;
    int done = 0;
    TrainingLoop loop{"A test", "here", 10};
    loop.optimizers = {{optimizer}};
    loop.loss = [&](int) { return lossOf(p); };
    loop.stepped = [&](int step, const at::Tensor&) {
        ++done;
        if (step == 3)
            stop.request_stop();
    };
    try {
        runTraining(loop, stop.get_token());
        QFAIL("it must stop");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Cancelled);
        QCOMPARE(error.details().what, std::string("A test was cancelled"));
    }
    QCOMPARE(done, 4);
}

QTEST_GUILESS_MAIN(TestTrainingLoop)
#include "tst_training_loop.moc"
