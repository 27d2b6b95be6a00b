//! The readiness checks and the rungs of the ladder. Pure.

/// One check: its code in the guide, the requirement, and the evidence for it.
#[derive(Debug)]
pub struct Check {
    pub code: &'static str,
    pub part: &'static str,
    pub what: &'static str,
    pub evidence: &'static str,
}

const fn check(code: &'static str, part: &'static str, what: &'static str, evidence: &'static str) -> Check {
    Check { code, part, what, evidence }
}

/// The guide's checks, followed by the three marks of the professional rung.
pub const CHECKS: [Check; 28] = [
    check("1.1", "服务设施", "选址在人口集中、交通便利处，安全卫生", "照片"),
    check("1.2", "服务设施", "依托现有公共设施，或合建、新建场所", "文件"),
    check("1.3a", "服务设施", "室外显著位置挂社会工作站标牌", "照片"),
    check("1.3b", "服务设施", "标牌带中国社会工作标志", "照片"),
    check("1.3c", "服务设施", "室内有同名背景墙", "照片"),
    check("1.4", "服务设施", "设有办公、服务、活动功能区", "照片"),
    check("1.5a", "服务设施", "有桌椅、资料柜、档案柜", "照片"),
    check("1.5b", "服务设施", "有电脑、打印机、电话、多媒体、白板", "照片"),
    check("1.6a", "服务设施", "出入口有无障碍通道", "照片"),
    check("1.6b", "服务设施", "厕所有无障碍通道", "照片"),
    check("1.7", "服务设施", "配备消防设施", "照片"),
    check("1.8a", "服务设施", "有线下宣传栏", "照片"),
    check("1.8b", "服务设施", "有线上宣传渠道", "网址或截图"),
    check("2.1a", "人员配备", "至少 2 名助理社会工作师及以上的专（兼）职社工", "证书"),
    check("2.1b", "人员配备", "有若干名志愿者", "名单"),
    check("2.2", "人员配备", "有 1 名站长，由专职社工担任", "任命文件"),
    check("2.3", "人员配备", "登记了人员的招聘方式（统一招聘、派遣或购买）", "文件"),
    check("2.4", "人员配备", "遵守职业道德指引，有条件的统一着装、佩戴工作牌", "照片"),
    check("4.1", "运行管理", "明确运营方式（自主运营或购买服务）", "协议"),
    check("4.2", "运行管理", "建立八项管理和运行制度", "文件"),
    check("4.3", "运行管理", "有总体规划、阶段计划和实施办法", "文件"),
    check("4.4a", "运行管理", "项目按调研、设计、论证、实施、监测、评估流程进行", "档案"),
    check("4.4b", "运行管理", "个案按接案到结案六步进行", "档案"),
    check("5.1", "评价监督", "每年接受一次县级评价", "报告"),
    check("5.2", "评价监督", "公布意见反馈和投诉渠道", "照片"),
    check("专1", "专业化", "有专职持证社会工作者", "证书"),
    check("专2", "专业化", "有社会工作服务机构", "协议"),
    check("专3", "专业化", "能开展专业社会工作服务", "档案"),
];

/// The checks that show the five haves (五有), apart from staff.
const FIVE: [&str; 5] = ["1.1", "1.3a", "1.5a", "1.5b", "4.2"];

/// Number of checks in the guide itself.
const GUIDE: usize = 25;

/// The rung reached by the checks passed: 1 the five haves (五有: venue, sign, office equipment,
/// staff, rules), 2 the whole guide, 3 the professional marks as well. Source: the Panzhihua plan
/// of 10 May 2021, §2.1 and annex 2. The five haves are derived from the checks that show them, so
/// that nothing is asked twice.
pub fn rung(passed: impl Fn(&str) -> bool) -> i16 {
    let five = FIVE.iter().all(|code| passed(code)) && (passed("2.1a") || passed("2.2"));
    let guide = CHECKS[..GUIDE].iter().all(|check| passed(check.code));
    let professional = CHECKS[GUIDE..].iter().all(|check| passed(check.code));
    match (five, guide, professional) {
        (true, true, true) => 3,
        (true, true, false) => 2,
        (true, false, _) => 1,
        (false, ..) => 0,
    }
}

/// Codes of the checks still missing for the next rung.
pub fn missing(rung: i16, passed: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let not_passed =
        |checks: &'static [Check]| checks.iter().map(|check| check.code).filter(|code| !passed(code)).collect();
    match rung {
        0 => {
            let mut missing: Vec<&str> = FIVE.iter().copied().filter(|code| !passed(code)).collect();
            if !passed("2.1a") && !passed("2.2") {
                missing.push("2.1a 或 2.2");
            }
            missing
        }
        1 => not_passed(&CHECKS[..GUIDE]),
        _ => not_passed(&CHECKS[GUIDE..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_is_climbed_rung_by_rung() {
        let five = ["1.1", "1.3a", "1.5a", "1.5b", "2.2", "4.2"];
        assert_eq!(rung(|_| false), 0);
        assert_eq!(rung(|code| five.contains(&code)), 1);
        assert_eq!(rung(|code| five.contains(&code) && code != "4.2"), 0);
        assert_eq!(rung(|code| !code.starts_with('专')), 2);
        assert_eq!(rung(|code| code != "1.7"), 1);
        assert_eq!(rung(|_| true), 3);
    }

    #[test]
    fn what_is_missing_leads_to_the_next_rung() {
        assert_eq!(missing(0, |code| code == "1.1"), ["1.3a", "1.5a", "1.5b", "4.2", "2.1a 或 2.2"]);
        assert_eq!(missing(1, |code| code != "1.7"), ["1.7"]);
        assert_eq!(missing(2, |code| code != "专3"), ["专3"]);
        assert!(missing(3, |_| true).is_empty());
    }

    #[test]
    fn every_check_has_its_own_code() {
        let mut codes: Vec<_> = CHECKS.iter().map(|check| check.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CHECKS.len());
    }
}
