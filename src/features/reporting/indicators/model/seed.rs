//! The dictionary that ships with the product: our own, drawn from reports and contracts in use and
//! from the Panzhihua plan of 10 May 2021. A slot is never given to another indicator. Slots with
//! breakdowns come first, which keeps the arrays of parts short; slots from 101 on are for a
//! network's own indicators.

use super::{Aggregation, Indicator, Section};

/// An indicator as shipped.
#[derive(Debug)]
pub struct Seed {
    pub slot: i16,
    pub code: &'static str,
    name: &'static str,
    unit: &'static str,
    aggregation: Aggregation,
    scale: u32,
    section: Section,
    definition: &'static str,
    by_domain: bool,
    by_category: bool,
    /// Upper limit for one station and month.
    most: i64,
    /// True if the indicator is on the short form of village rooms.
    pub in_room: bool,
}

impl Seed {
    pub fn indicator(&self) -> Indicator {
        Indicator {
            slot: self.slot,
            code: self.code.to_owned(),
            name: self.name.to_owned(),
            unit: self.unit.to_owned(),
            aggregation: self.aggregation,
            scale: self.scale,
            section: self.section,
            definition: self.definition.to_owned(),
            by_domain: self.by_domain,
            by_category: self.by_category,
            most: self.most,
            is_retired: false,
        }
    }
}

/// Kinds into which an indicator is broken down. New kinds go after the last.
pub fn kinds(code: &str) -> &'static [&'static str] {
    match code {
        "assistance_help" => &[
            "低保",
            "特困",
            "残疾人两项补贴",
            "医疗救助",
            "教育救助",
            "住房救助",
            "就业救助",
            "临时救助",
            "法律援助",
            "其他",
        ],
        "resource_links" => &["现金", "物资", "服务", "场地"],
        "publicity_articles" => &["县级媒体", "市级媒体", "省级媒体", "国家级媒体"],
        "supervision_sessions" => &["个别督导", "团体督导", "现场督导"],
        "expenditure_yuan" => &["人员费用", "服务活动", "督导培训", "办公管理", "税费", "其他"],
        _ => &[],
    }
}

/// Slot, code, name, unit, aggregation, decimals, section, definition, by domain, by category,
/// upper limit, on the room's form.
type Line =
    (i16, &'static str, &'static str, &'static str, Aggregation, u32, Section, &'static str, bool, bool, i64, bool);

const fn seed(line: Line) -> Seed {
    let (slot, code, name, unit, aggregation, scale, section, definition, by_domain, by_category, most, in_room) = line;
    Seed { slot, code, name, unit, aggregation, scale, section, definition, by_domain, by_category, most, in_room }
}

use Aggregation::{Distinct, Ratio, Stock, Sum};
use Section::{
    Activities, Affairs, Casework, Groups, Hotline, Media, Money, Publicity, Resources, Satisfaction, Staff, Training,
    Visits, Volunteers,
};

/// In the order of the form.
#[rustfmt::skip]
pub const SEED: [Seed; 63] = [
    seed((14, "staff_total", "在岗人员", "人", Stock, 0, Staff, "月末在岗人数，由人员名册自动统计", false, false, 500, false)),
    seed((15, "staff_fulltime", "其中专职", "人", Stock, 0, Staff, "月末专职人数，由人员名册自动统计", false, false, 500, false)),
    seed((16, "staff_certified", "其中持证", "人", Stock, 0, Staff, "月末持有职业资格证书的人数，由人员名册自动统计", false, false, 500, false)),
    seed((17, "exam_candidates", "报名考试人数", "人", Sum, 0, Staff, "当月报名社会工作者职业资格考试的人数", false, false, 500, false)),
    seed((18, "newly_certified", "新取得证书", "人", Sum, 0, Staff, "当月新取得社会工作者职业资格证书的人数", false, false, 500, false)),
    seed((19, "case_open_start", "月初在案个案", "个", Stock, 0, Casework, "等于上月的月末在案", false, false, 1000, false)),
    seed((12, "case_new", "新增个案", "个", Sum, 0, Casework, "当月正式接案的个案", true, true, 500, false)),
    seed((20, "case_closed", "结案", "个", Sum, 0, Casework, "当月结束服务的个案，包括转介后结束的", false, false, 500, false)),
    seed((21, "case_referred", "转介", "个", Sum, 0, Casework, "当月转给其他机构或部门的个案", false, false, 500, false)),
    seed((22, "case_open_end", "月末在案个案", "个", Stock, 0, Casework, "月初在案＋新增－结案", false, false, 1000, false)),
    seed((23, "case_sessions", "个案跟进节数", "节", Sum, 0, Casework, "与个案服务对象面谈或入户跟进的次数", false, false, 5000, false)),
    seed((2, "case_person_times", "个案服务人次", "人次", Sum, 0, Casework, "个案跟进服务的人次，家人同时接受服务的分别计", true, true, 10_000, false)),
    seed((24, "group_new", "新开小组", "个", Sum, 0, Groups, "当月第一节在本月的小组", false, false, 200, false)),
    seed((25, "group_sessions", "小组节数", "节", Sum, 0, Groups, "当月开展的小组节数", false, false, 1000, false)),
    seed((3, "group_person_times", "小组服务人次", "人次", Sum, 0, Groups, "各节到场人数相加", true, true, 20_000, false)),
    seed((26, "activity_count", "社区活动", "场", Sum, 0, Activities, "当月举办的社区活动", false, false, 500, true)),
    seed((4, "activity_person_times", "活动服务人次", "人次", Sum, 0, Activities, "各场到场人数相加", true, true, 100_000, true)),
    seed((1, "visit_households", "入户走访户次", "户次", Sum, 0, Visits, "同一户同一天算一次，要有走访记录", true, true, 5000, true)),
    seed((42, "visit_households_distinct", "走访户数", "户", Distinct, 0, Visits, "当月走访到的不同户数，不超过走访户次", false, false, 5000, true)),
    seed((43, "files_new", "新增建档", "人", Sum, 0, Visits, "首次建立服务档案的人数，每人只计一次", false, false, 2000, true)),
    seed((44, "files_stock", "在档服务对象", "人", Stock, 0, Visits, "月末仍在服务的建档人数", false, false, 20_000, false)),
    seed((5, "hotline_calls", "热线和电访", "人次", Sum, 0, Hotline, "接听热线和电话访问的人次", true, true, 10_000, false)),
    seed((27, "hotline_minutes", "热线和电访时长", "分钟", Sum, 0, Hotline, "热线和电话访问的总时长", false, false, 600_000, false)),
    seed((6, "consultations", "来访咨询", "人次", Sum, 0, Hotline, "到站或线上咨询的人次", true, true, 10_000, true)),
    seed((28, "crisis_interventions", "危机介入", "起", Sum, 0, Hotline, "当月介入的危机事件，每起要在 24 小时内有记录", false, false, 200, false)),
    seed((13, "needs_identified", "排查发现困难对象", "人", Sum, 0, Hotline, "当月排查发现并上报的困难对象", false, true, 5000, true)),
    seed((29, "policy_publicity_events", "政策宣传场次", "场", Sum, 0, Publicity, "当月举办的政策宣传", false, false, 500, true)),
    seed((30, "policy_publicity_people", "政策宣传人次", "人次", Sum, 0, Publicity, "政策宣传到场或入户宣传的人次", false, false, 100_000, true)),
    seed((31, "policy_publicity_copies", "发放宣传资料", "份", Sum, 0, Publicity, "当月发放的宣传资料", false, false, 100_000, false)),
    seed((7, "assistance_help", "协助申请救助", "人次", Sum, 0, Publicity, "协助办理各类救助申请的人次", false, true, 10_000, true)),
    seed((32, "affairs_person_times", "民政事务服务总人次", "人次", Sum, 0, Affairs, "事务岗当月服务的人次，与社会工作服务分开统计", false, false, 50_000, false)),
    seed((33, "affairs_dibao_new", "低保新增", "户", Sum, 0, Affairs, "当月新批准的低保户", false, false, 5000, false)),
    seed((34, "affairs_dibao_adjusted", "低保调整", "户", Sum, 0, Affairs, "当月调整待遇的低保户", false, false, 5000, false)),
    seed((35, "affairs_marginal_new", "低保边缘家庭新增", "户", Sum, 0, Affairs, "当月新认定的低保边缘家庭", false, false, 5000, false)),
    seed((36, "affairs_marginal_adjusted", "低保边缘家庭调整", "户", Sum, 0, Affairs, "当月调整的低保边缘家庭", false, false, 5000, false)),
    seed((37, "affairs_tekun_changed", "特困变更", "户", Sum, 0, Affairs, "当月变更的特困供养户", false, false, 5000, false)),
    seed((38, "affairs_temporary_relief", "临时救助", "户", Sum, 0, Affairs, "当月给予临时救助的户数", false, false, 5000, false)),
    seed((39, "affairs_disability_certificates", "受理残疾人证申请", "人", Sum, 0, Affairs, "当月受理的残疾人证申请", false, false, 5000, false)),
    seed((40, "affairs_disability_allowances", "残疾人两项补贴申请", "人", Sum, 0, Affairs, "当月受理的困难残疾人生活补贴和重度残疾人护理补贴申请", false, false, 5000, false)),
    seed((41, "affairs_rehabilitation_filings", "社区康复免费服务备案", "人", Sum, 0, Affairs, "当月办理的精神障碍社区康复服务备案", false, false, 5000, false)),
    seed((8, "resource_links", "资源链接次数", "次", Sum, 0, Resources, "当月为服务对象链接资源的次数", false, false, 2000, false)),
    seed((45, "resource_value_yuan", "资源折合金额", "元", Sum, 2, Resources, "链接资源的金额，物资和服务按市价折合", false, false, 5_000_000_000, false)),
    seed((46, "resource_beneficiaries", "资源受益人次", "人次", Sum, 0, Resources, "因链接的资源受益的人次", false, false, 100_000, false)),
    seed((47, "volunteers_new", "新增志愿者", "人", Sum, 0, Volunteers, "当月新登记的志愿者；每站每年不少于 30 人", false, false, 5000, false)),
    seed((48, "volunteers_stock", "在册志愿者", "人", Stock, 0, Volunteers, "月末在册的志愿者", false, false, 50_000, false)),
    seed((49, "volunteer_person_times", "志愿服务人次", "人次", Sum, 0, Volunteers, "当月参加志愿服务的人次，以全国志愿服务信息系统为准", false, false, 50_000, true)),
    seed((50, "volunteer_hours", "志愿服务时长", "小时", Sum, 1, Volunteers, "当月志愿服务的小时数，以全国志愿服务信息系统为准", false, false, 5_000_000, false)),
    seed((51, "community_orgs_functional", "培育功能型社区社会组织", "个", Sum, 0, Volunteers, "当月新培育的功能型社区社会组织；每站每年不少于 3 个", false, false, 100, false)),
    seed((52, "community_orgs_hobby", "培育兴趣型社区社会组织", "个", Sum, 0, Volunteers, "当月新培育的兴趣型社区社会组织；每站每年不少于 3 个", false, false, 100, false)),
    seed((53, "community_orgs_merged_area", "其中在涉改社区", "个", Sum, 0, Volunteers, "当月新培育的社区社会组织中，在涉改社区的；应不少于三成", false, false, 200, false)),
    seed((54, "social_orgs_registered", "孵化登记社会组织", "个", Sum, 0, Volunteers, "当月孵化后在民政部门登记的社会组织", false, false, 50, false)),
    seed((55, "trainings_held", "开展培训", "场", Sum, 0, Training, "当月由本站举办的培训", false, false, 200, false)),
    seed((56, "training_person_times", "培训人次", "人次", Sum, 0, Training, "参加培训的人次", false, false, 20_000, false)),
    seed((57, "training_hours", "培训学时", "学时", Sum, 1, Training, "各场培训的学时相加", false, false, 20_000, false)),
    seed((10, "supervision_sessions", "接受督导次数", "次", Sum, 0, Training, "当月本站人员接受督导的次数", false, false, 500, false)),
    seed((58, "supervision_hours", "接受督导时长", "小时", Sum, 1, Training, "当月本站人员接受督导的小时数", false, false, 20_000, false)),
    seed((9, "publicity_articles", "宣传报道", "篇", Sum, 0, Media, "当月被县级以上媒体采用的报道", false, false, 500, false)),
    seed((11, "expenditure_yuan", "本月支出", "元", Sum, 2, Money, "当月本站的支出，不超过合同和预算", false, false, 5_000_000_000, false)),
    seed((59, "complaints_received", "受理投诉", "件", Sum, 0, Satisfaction, "当月收到的投诉和意见", false, false, 500, false)),
    seed((60, "complaints_closed", "办结投诉", "件", Sum, 0, Satisfaction, "当月办结的投诉和意见，包括以前收到的", false, false, 500, false)),
    seed((61, "satisfaction_surveys", "满意度调查回收份数", "份", Sum, 0, Satisfaction, "当月收回的满意度问卷或回访", false, false, 20_000, false)),
    seed((62, "satisfaction_satisfied", "其中满意份数", "份", Sum, 0, Satisfaction, "回答满意或基本满意的份数", false, false, 20_000, false)),
    seed((63, "satisfaction_rate", "满意率", "%", Ratio, 1, Satisfaction, "满意份数÷回收份数，自动计算", false, false, 1000, false)),
];
