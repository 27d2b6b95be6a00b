//! Rules on which roles an account may combine, and at which level a role may be granted. Pure.

use crate::{access::Role, kernel::Level};

/// Roles a security administrator may grant; operators belong to the platform.
pub fn grantable() -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| *role != Role::Operator).collect()
}

/// The reason why an account with the roles `held` may not be given `new` as well.
pub fn conflict(held: &[Role], new: Role) -> Option<&'static str> {
    let other = held.iter().find(|role| **role != new)?;
    if new.administers() {
        Some("这个账号已有别的岗位。三种管理员要和业务岗位、和彼此分开，请用另一个账号。")
    } else if other.administers() {
        Some("这个账号是管理员，不能再办理业务。请用另一个账号。")
    } else {
        None
    }
}

/// The reason why a role cannot be granted for a division of this level.
pub fn misfit(role: Role, level: Level, is_root: bool) -> Option<&'static str> {
    let fits = match role {
        Role::BureauOfficer => level <= Level::City,
        Role::CountyOfficer => level == Level::County,
        Role::TownshipOfficer | Role::StationHead | Role::SocialWorker => level >= Level::Township,
        Role::Leader => level <= Level::Township,
        _ => is_root,
    };
    match role {
        _ if fits => None,
        Role::BureauOfficer => Some("主管部门工作人员的管辖区划应是全国、省或市。"),
        Role::CountyOfficer => Some("县级工作人员的管辖区划应是县（市、区）。"),
        Role::TownshipOfficer => Some("乡镇工作人员的管辖区划应是乡镇（街道）。"),
        Role::StationHead | Role::SocialWorker => Some("站长和社工的管辖区划应是站点所在的乡镇（街道）或村（社区）。"),
        Role::Leader => Some("领导的管辖区划应是乡镇（街道）以上。"),
        _ => Some("这种岗位的管辖区划应是整个网络，请填最高一级区划的代码。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_stand_alone() {
        assert!(conflict(&[], Role::SystemAdmin).is_none());
        assert!(conflict(&[Role::SystemAdmin], Role::SystemAdmin).is_none());
        assert!(conflict(&[Role::SystemAdmin], Role::AuditAdmin).is_some());
        assert!(conflict(&[Role::CountyOfficer], Role::SecurityAdmin).is_some());
        assert!(conflict(&[Role::AuditAdmin], Role::Leader).is_some());
        assert!(conflict(&[Role::StationHead], Role::SocialWorker).is_none());
    }

    #[test]
    fn a_reach_fits_its_role() {
        assert!(misfit(Role::CountyOfficer, Level::County, false).is_none());
        assert!(misfit(Role::CountyOfficer, Level::City, true).is_some());
        assert!(misfit(Role::Evaluator, Level::City, true).is_none());
        assert!(misfit(Role::Evaluator, Level::County, false).is_some());
        assert!(misfit(Role::StationHead, Level::Village, false).is_none());
    }
}
