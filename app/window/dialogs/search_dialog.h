// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/dialogs/dialog_parts.h"
#include "core/search/search_method.h"
#include "core/session/search_request.h"
#include "widgets/models/target_info.h"

#include <QDialog>

#include <map>
#include <memory>
#include <string>
#include <vector>

class QComboBox;
class QLabel;
class QSpinBox;

namespace bitdial {

class ConstraintFields;
class OptionFields;

/// What a project knows of earlier searches, by method.
struct SearchHistory {
    std::map<std::string, SearchRequest> latest;
    std::map<std::string, SearchRequest> resumable; ///< without targets it may be of any
};

/// Asks for what a search by any of the methods needs. An interrupted one can be resumed with what
/// it was begun with.
class SearchDialog : public QDialog {
    Q_OBJECT

public:
    SearchDialog(const std::vector<TargetInfo>& targets, const SearchMethods& methods,
                 const SearchHistory& history, QWidget* parent);
    ~SearchDialog() override;

    SearchRequest request() const;

private:
    void buildFields(QFormLayout* form);
    const SearchMethod& method() const;
    /// Null: the method has nothing to go on with.
    const SearchRequest* resumable() const;
    void chooseMethod();
    void showRequest(const SearchRequest& request);
    void showTargets(const SearchRequest& request);
    void showChosen();
    void refresh();

    std::vector<TargetInfo> m_info;
    SearchMethods m_methods;
    SearchHistory m_history;
    QComboBox* m_method;
    QCheckBox* m_resume;
    std::unique_ptr<TargetChoice> m_targets;
    QSpinBox* m_minutes = nullptr;
    QSpinBox* m_seed = nullptr;
    ConstraintFields* m_constraints = nullptr;
    std::unique_ptr<OptionFields> m_options;
    QLabel* m_fault = nullptr;
    DialogParts m_parts;
};

} // namespace bitdial
