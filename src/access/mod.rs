//! The access policy ([`Act`] × [`Role`]) and the reach of each grant ([`Scope`]).
//!
//! The whole policy is the single `match` in [`Role::may`]; `tests/it/policy.txt` shows its
//! effect on each route. Pages check an act, never a role.

mod scope;

pub use scope::{Origin, Reach, Scope};

/// A role (岗位). An account may hold several and acts in one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    BureauOfficer,
    CountyOfficer,
    TownshipOfficer,
    Leader,
    StationHead,
    SocialWorker,
    AgencyManager,
    Evaluator,
    SystemAdmin,
    SecurityAdmin,
    AuditAdmin,
    Operator,
}

/// A permission, as fine-grained as the policy distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// See stations, agencies and divisions within reach.
    ReadStations,
    /// See figures and build tasks of places within reach.
    ReadFigures,
    WriteStations,
    CheckReadiness,
    WriteTasks,
    WriteDivisions,
    WriteAgencies,
    /// See staff with their posts and certificates; names are masked without `ReadNames`.
    ReadStaff,
    ReadNames,
    /// See personal data: birth date, education, masked numbers.
    ReadPersons,
    /// Enter and change persons, posts, certificates and education; see an unmasked number after
    /// giving a password and a reason.
    WritePersons,
    /// Carry out a requested transfer between two places, both within reach.
    DecideTransfers,
    /// Set the hours of continuing education that a registration requires.
    SetEducation,
    /// See and maintain one's own record.
    KeepOwnRecord,
    /// See monthly reports within reach; unapproved ones also need `ReadDrafts`.
    ReadReports,
    ReadDrafts,
    /// Fill in the reports of one's stations.
    FillReports,
    /// Submit reports, withdraw them, request corrections, delegate parts.
    SubmitReports,
    /// Pass or return reports at one's own step of review; a head reviews the station's rooms.
    ReviewReports,
    ReviewAsTownship,
    ReviewAsCounty,
    /// Extend a station's deadline for a month.
    ExtendReports,
    /// Set the reports' indicators and due dates.
    SetReporting,
    /// See purchased-service projects within reach, with their money.
    ReadProjects,
    /// See the totals of a place's projects: money, filings, spot-check draws.
    ReadMoney,
    /// Plan, award, contract and pay projects, and move them through their stages.
    WriteProjects,
    /// Act as the contractor: enter spending, request payment, report deliverables.
    RunProjects,
    /// Enter project evaluations and re-check what had to be fixed.
    AppraiseProjects,
    /// Draw projects for spot checks.
    DrawProjects,
    /// Acknowledge or return filings from lower levels.
    AcknowledgeFilings,
    /// Set the rules for the use of funds.
    SetFunds,
    /// See rubrics, evaluations of stations within reach, and their released results.
    ReadEvaluations,
    /// Write and publish rubrics.
    SetRubrics,
    /// Lead evaluation rounds: open, seat panels, moderate, release, hear appeals.
    RunEvaluations,
    /// See recusals: one's own, or all of a place.
    ReadRecusals,
    /// Self-evaluate one's own station, and appeal.
    ScoreOwnStation,
    /// Score stations as a member of their panel.
    ScoreStations,
    ManageAccounts,
    ManageSettings,
    /// See background jobs, and retry or drop failed ones.
    ManageJobs,
    ManageGrants,
    ReadTrail,
    FoundNetworks,
}

impl Role {
    pub const ALL: [Self; 12] = [
        Self::BureauOfficer,
        Self::CountyOfficer,
        Self::TownshipOfficer,
        Self::Leader,
        Self::StationHead,
        Self::SocialWorker,
        Self::AgencyManager,
        Self::Evaluator,
        Self::SystemAdmin,
        Self::SecurityAdmin,
        Self::AuditAdmin,
        Self::Operator,
    ];

    /// The whole policy: is true if this role has the permission `act`.
    pub fn may(self, act: Act) -> bool {
        use Act::{
            AcknowledgeFilings, AppraiseProjects, CheckReadiness, DecideTransfers, DrawProjects, ExtendReports,
            FillReports, FoundNetworks, KeepOwnRecord, ManageAccounts, ManageGrants, ManageJobs, ManageSettings,
            ReadDrafts, ReadEvaluations, ReadFigures, ReadMoney, ReadNames, ReadPersons, ReadProjects, ReadRecusals,
            ReadReports, ReadStaff, ReadStations, ReadTrail, ReviewAsCounty, ReviewAsTownship, ReviewReports,
            RunEvaluations, RunProjects, ScoreOwnStation, ScoreStations, SetEducation, SetFunds, SetReporting,
            SetRubrics, SubmitReports, WriteAgencies, WriteDivisions, WritePersons, WriteProjects, WriteStations,
            WriteTasks,
        };
        let officer = || {
            matches!(
                act,
                ReadStations
                    | ReadFigures
                    | WriteStations
                    | CheckReadiness
                    | WriteTasks
                    | WriteDivisions
                    | WriteAgencies
                    | ReadStaff
                    | DecideTransfers
                    | ReadReports
                    | ExtendReports
                    | SetReporting
                    | ReadProjects
                    | SetFunds
                    | DrawProjects
                    | ReadMoney
                    | ReadEvaluations
                    | SetRubrics
                    | RunEvaluations
                    | ReadRecusals
            )
        };
        let keeper = || matches!(act, ReadStaff | ReadNames | ReadPersons | WritePersons);
        match self {
            Self::BureauOfficer => officer() || matches!(act, SetEducation | AcknowledgeFilings),
            Self::CountyOfficer => {
                officer()
                    || keeper()
                    || matches!(act, ReadDrafts | ReviewReports | ReviewAsCounty)
                    || matches!(act, WriteProjects | RunProjects | AppraiseProjects)
            }
            Self::TownshipOfficer => {
                keeper()
                    || matches!(act, ReadStations | ReadFigures | CheckReadiness)
                    || matches!(act, ReadReports | ReadDrafts | ReviewReports | ReviewAsTownship | ReadProjects)
                    || act == ReadEvaluations
            }
            Self::Leader => {
                matches!(
                    act,
                    ReadStations | ReadFigures | ReadStaff | ReadReports | ReadProjects | ReadMoney | ReadEvaluations
                )
            }
            Self::StationHead => {
                keeper()
                    || matches!(act, ReadStations | KeepOwnRecord)
                    || matches!(
                        act,
                        ReadReports
                            | ReadDrafts
                            | FillReports
                            | SubmitReports
                            | ReviewReports
                            | ReadProjects
                            | ReadEvaluations
                            | ScoreOwnStation
                    )
            }
            Self::SocialWorker => {
                matches!(act, ReadStations | KeepOwnRecord | ReadReports | ReadDrafts | FillReports)
            }
            Self::AgencyManager => {
                keeper()
                    || matches!(act, ReadStations | ReadReports | ReadDrafts | ReadProjects | RunProjects)
                    || act == ReadEvaluations
            }
            Self::Evaluator => {
                matches!(
                    act,
                    ReadStations
                        | ReadStaff
                        | ReadNames
                        | ReadReports
                        | ReadProjects
                        | AppraiseProjects
                        | ReadEvaluations
                        | ScoreStations
                        | ReadRecusals
                )
            }
            Self::SystemAdmin => matches!(act, ManageAccounts | ManageSettings | ManageJobs),
            Self::SecurityAdmin => act == ManageGrants,
            Self::AuditAdmin => act == ReadTrail,
            Self::Operator => act == FoundNetworks,
        }
    }

    /// The three administrators (三员), kept apart from each other and from business.
    pub fn administers(self) -> bool {
        matches!(self, Self::SystemAdmin | Self::SecurityAdmin | Self::AuditAdmin | Self::Operator)
    }

    /// True for roles whose grants list the stations they are limited to.
    pub fn names_stations(self) -> bool {
        matches!(self, Self::StationHead | Self::SocialWorker | Self::Evaluator)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::BureauOfficer => "bureau_officer",
            Self::CountyOfficer => "county_officer",
            Self::TownshipOfficer => "township_officer",
            Self::Leader => "leader",
            Self::StationHead => "station_head",
            Self::SocialWorker => "social_worker",
            Self::AgencyManager => "agency_manager",
            Self::Evaluator => "evaluator",
            Self::SystemAdmin => "system_admin",
            Self::SecurityAdmin => "security_admin",
            Self::AuditAdmin => "audit_admin",
            Self::Operator => "operator",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::BureauOfficer => "主管部门工作人员",
            Self::CountyOfficer => "县级工作人员",
            Self::TownshipOfficer => "乡镇（街道）工作人员",
            Self::Leader => "领导",
            Self::StationHead => "站长",
            Self::SocialWorker => "社工",
            Self::AgencyManager => "承接机构负责人",
            Self::Evaluator => "评估专家",
            Self::SystemAdmin => "系统管理员",
            Self::SecurityAdmin => "安全管理员",
            Self::AuditAdmin => "审计管理员",
            Self::Operator => "平台运营员",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_administrators_share_nothing() {
        let acts = [
            Act::ReadStations,
            Act::ReadFigures,
            Act::WriteStations,
            Act::CheckReadiness,
            Act::WriteTasks,
            Act::WriteDivisions,
            Act::WriteAgencies,
            Act::ReadStaff,
            Act::ReadNames,
            Act::ReadPersons,
            Act::WritePersons,
            Act::DecideTransfers,
            Act::SetEducation,
            Act::KeepOwnRecord,
            Act::ReadReports,
            Act::ReadDrafts,
            Act::FillReports,
            Act::SubmitReports,
            Act::ReviewReports,
            Act::ReviewAsTownship,
            Act::ReviewAsCounty,
            Act::ExtendReports,
            Act::SetReporting,
            Act::ReadProjects,
            Act::ReadMoney,
            Act::WriteProjects,
            Act::RunProjects,
            Act::AppraiseProjects,
            Act::DrawProjects,
            Act::AcknowledgeFilings,
            Act::SetFunds,
            Act::ReadEvaluations,
            Act::SetRubrics,
            Act::RunEvaluations,
            Act::ReadRecusals,
            Act::ScoreOwnStation,
            Act::ScoreStations,
            Act::ManageAccounts,
            Act::ManageSettings,
            Act::ManageJobs,
            Act::ManageGrants,
            Act::ReadTrail,
            Act::FoundNetworks,
        ];
        for act in acts {
            let who: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(act)).collect();
            let administrators = who.iter().filter(|role| role.administers()).count();
            assert!(administrators <= 1, "{act:?}: {who:?}");
            assert!(administrators == 0 || who.len() == 1, "{act:?}: {who:?}");
        }
    }

    #[test]
    fn a_leader_reads_what_an_officer_reads_and_writes_nothing() {
        for act in [Act::ReadStations, Act::ReadFigures] {
            assert!(Role::Leader.may(act) && Role::CountyOfficer.may(act));
        }
        assert!(!Role::Leader.may(Act::WriteStations) && !Role::Leader.may(Act::CheckReadiness));
    }
}
