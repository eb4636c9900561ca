//! The items that the code speaks of, each with its official name and the files that have it.
//!
//! Most of the standard is data, and the code asks a layout for the items it finds there. What ties
//! several items together has to name them: it does so with a [`KnownItem`]. Loading the tables looks
//! up every one of them in every layout that has to have it ([`Layout::place`](super::Layout::place)),
//! so that tables in which one is missing or misspelt are refused and no check falls silent.

use crate::types::{Edition, FileKind};

use FileKind::{
    Dlt1kyo, Dltjsk, Dltkihon, Dltplan, Dltyobo, Up1kyo, Up2kyo, Up3kyo, Uphosoku, Upjsk, Upkihon,
    UpkihonSub1, UpkihonSub2, Upplan, Upsikyu, Upyobo, UpyoboSub,
};

macro_rules! known_items {
    ($($variant:ident = $name:literal $($nth:literal)?, $kinds:expr $(, $since:ident)?;)+) => {
        /// An item that the code speaks of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum KnownItem {
            $(#[doc = $name] $variant,)+
        }

        impl KnownItem {
            /// Every one of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// 項目名.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Which of the items with this name of a layout it is, from 0.
            pub(super) const fn nth(self) -> usize {
                match self { $(Self::$variant => 0 $(+ $nth)?,)+ }
            }

            /// The kinds of file that have it, and the first edition in which they do.
            const fn of(self) -> (&'static [FileKind], Edition) {
                match self { $(Self::$variant => ($kinds, since!($($since)?)),)+ }
            }
        }
    };
}

macro_rules! since {
    () => {
        Edition::V3
    };
    ($edition:ident) => {
        Edition::$edition
    };
}

impl KnownItem {
    /// Whether files of a kind have it in an edition.
    pub fn is_in(self, edition: Edition, kind: FileKind) -> bool {
        let (kinds, since) = self.of();
        edition >= since && kinds.contains(&kind)
    }
}

/// Every kind of file that holds records.
const EVERY: &[FileKind] = &[
    Up1kyo,
    Up2kyo,
    Up3kyo,
    Upplan,
    Upsikyu,
    Upjsk,
    Uphosoku,
    Upkihon,
    UpkihonSub1,
    UpkihonSub2,
    Upyobo,
    UpyoboSub,
    Dlt1kyo,
    Dltplan,
    Dltjsk,
    Dltkihon,
    Dltyobo,
];

/// 第6表, 予定 and 実績.
const USAGE: &[FileKind] = &[Upplan, Upjsk];

/// 第6表 and 第7表.
const SLIP: &[FileKind] = &[Upplan, Upjsk, Upsikyu];

known_items! {
    // Who and when.
    Insurer = "保険者番号", EVERY;
    Insured = "被保険者番号", EVERY;
    PlanDate = "居宅サービス計画作成（変更）日", &[Up1kyo, Up2kyo, Up3kyo, Uphosoku, Dlt1kyo];
    PreventionPlanDate = "計画作成(変更)日", &[Upyobo, UpyoboSub, Dltyobo];
    ConsultedOn = "相談日", &[Upkihon, UpkihonSub1, UpkihonSub2, Dltkihon];
    ServiceMonth = "対象年月", &[Upplan, Upjsk, Upsikyu, Uphosoku];
    DeletedMonth = "削除対象年月", &[Dltplan, Dltjsk];
    WrittenOn = "作成年月日", &[Up1kyo, Upplan, Upjsk, Upsikyu];
    SecondWrittenOn = "居宅計画書作成年月日", &[Up2kyo];
    ThirdWrittenOn = "週間サービス計画表作成年月日", &[Up3kyo];
    Marker = "識別子", &[Upsikyu];
    UpdatingOffice = "更新業者コード", &[Up1kyo, Up2kyo, Uphosoku, Upplan, Upjsk, Upsikyu];

    // 居宅サービス計画1表.
    UserPostalCode = "利用者郵便番号", &[Up1kyo, Uphosoku];
    UserAddress1 = "利用者住所１", &[Up1kyo, Uphosoku];
    UserAddress2 = "利用者住所２", &[Up1kyo, Uphosoku];
    PlanAuthor = "居宅サービス計画作成者", &[Up1kyo];
    ManagerName = "介護支援事業者名", &[Up1kyo];
    ManagerPostalCode = "介護支援事業者郵便番号", &[Up1kyo];
    ManagerAddress1 = "介護支援事業者住所１", &[Up1kyo];
    ManagerAddress2 = "介護支援事業者住所２", &[Up1kyo];
    ManagerOffice = "介護支援事業者コード", &[Up1kyo];
    FirstPlanDate = "初回居宅サービス計画作成日", &[Up1kyo];
    PlanOccasion = "計画書区分", &[Up1kyo, Upyobo];
    CertificationState = "認定状況区分", &[Up1kyo, Uphosoku, Upyobo];
    CertifiedOn = "認定日", &[Up1kyo, Uphosoku];
    CertifiedFrom = "認定有効期間開始日", &[Up1kyo, Upyobo];
    CertifiedUntil = "認定有効期間終了日", &[Up1kyo, Upkihon, Upyobo];
    CareLevel = "要介護状態区分", &[Up1kyo, Uphosoku, Upkihon];
    IssueAnalysis = "利用者及び家族の生活に対する意向を踏まえた課題分析の結果", &[Up1kyo];
    BoardOpinion = "介護認定審査会の意見及びサービスの種類の指定", &[Up1kyo];
    OverallPolicy = "総合的な援助の方針", &[Up1kyo];
    HouseworkReason = "生活援助中心型の算定理由", &[Up1kyo];
    OtherReason = "その他理由", &[Up1kyo];

    // 居宅サービス計画2表.
    IssueNumber = "課題ＮＯ", &[Up2kyo, UpyoboSub];
    Issue = "課題", &[Up2kyo];
    GoalNumber = "援助目標ＮＯ", &[Up2kyo];
    LongGoal = "長期目標", &[Up2kyo];
    ShortGoal = "短期目標", &[Up2kyo];
    LongPeriod = "長期期間", &[Up2kyo];
    ShortPeriod = "短期期間", &[Up2kyo];
    HelpNumber = "援助内容ＮＯ", &[Up2kyo];
    ServiceContent = "サービス内容", &[Up2kyo];
    Coverage = "保険対象区分", &[Up2kyo];
    ServiceKind = "サービス種別", &[Up2kyo];
    Frequency = "頻度", &[Up2kyo];
    ServicePeriod = "実施期間", &[Up2kyo];

    // 居宅サービス計画３表.
    WeeklyService = "介護サービス内容", &[Up3kyo];
    Weekday = "曜日", &[Up3kyo];
    WeeklyStart = "開始時間", &[Up3kyo];
    WeeklyEnd = "終了時間", &[Up3kyo];
    Activity = "主な日常生活上の活動", &[Up3kyo];
    ActivityStart = "開始時間" 1, &[Up3kyo];
    ActivityEnd = "終了時間" 1, &[Up3kyo];
    OtherService = "週単位以外のサービス", &[Up3kyo];

    // 第6表, and what 第7表 shares with it.
    PlanningOffice = "プラン担当業者コード", USAGE;
    Planner = "プラン担当者名", USAGE;
    Units = "単位数", SLIP;
    StayDaysBefore = "前月までの短期入所利用日数", USAGE;
    ServiceDay = "サービス利用日", USAGE;
    DailyBits = "日割対象日", USAGE;
    StartTime = "サービス開始時刻", USAGE;
    EndTime = "サービス終了時刻", USAGE;
    ServiceCount = "サービス回数", USAGE;
    ServiceCode = "サービスコード", SLIP;
    ServiceType = "サービス種類コード", &[Dltjsk];
    TaisCode = "TAISコード", SLIP, V4_1;
    NotifiedCode = "福祉用具届出コード", SLIP, V4_1;
    ArticleName = "用具名称（機種名）", SLIP, V4_1;
    DetailNumber = "明細判別コード", USAGE;
    ServiceOffice = "サービス事業者コード", &[Upplan, Upjsk, Up2kyo, Dltjsk];
    ServiceOfficeName = "サービス事業所名", &[Up2kyo, Upplan, Upjsk, Upsikyu];
    Satellite = "サテライト枝番", SLIP;
    OverThirty = "３０日超区分", SLIP;

    // 第7表.
    RowOffice = "サービス事業所コード", &[Upsikyu];
    DiscountRate = "割引後率", &[Upsikyu];
    Discounted = "割引後単位数", &[Upsikyu];
    RowCount = "回数／日数", &[Upsikyu];
    Amount = "サービス単位金額", &[Upsikyu];
    Managed = "給付管理単位数", &[Upsikyu];
    TypeOver = "種類支給限度基準超単位数", &[Upsikyu];
    TypeWithin = "種類支給限度基準内単位数", &[Upsikyu];
    AreaOver = "区分支給限度基準超単位数", &[Upsikyu];
    AreaWithin = "区分支給限度基準内単位数", &[Upsikyu];
    Price = "単位数単価", &[Upsikyu];
    Cost = "費用総額保険／事業対象分", &[Upsikyu];
    BenefitRate = "給付率", &[Upsikyu];
    Claim = "保険／事業費請求額", &[Upsikyu];
    FixedShare = "定額利用者負担単価金額", &[Upsikyu];
    Share = "利用者負担保険／事業対象分", &[Upsikyu];
    FullShare = "利用者負担（全額負担分）", &[Upsikyu];
    DaysBefore = "前月までの利用日数", &[Upsikyu];
    DaysPlanned = "当月の計画利用日数", &[Upsikyu];
    DaysTotal = "累積利用日数", &[Upsikyu];
    FixedOffice = "事業所コード", &[Upsikyu];

    // 利用者補足情報.
    UserKana = "利用者氏名フリガナ", &[Uphosoku];
    UserName = "利用者氏名", &[Uphosoku, Upkihon];
    Sex = "利用者性別", &[Uphosoku, Upkihon];
    Born = "利用者生年月日", &[Uphosoku, Upkihon];
    LimitFrom = "限度額適用開始年月日", &[Uphosoku];
    LimitUntil = "限度額適用終了年月日", &[Uphosoku];
    LevelChangedOn = "要介護状態変更日", &[Uphosoku];
    Limit = "区分支給限度基準額", &[Uphosoku];
    LimitType1 = "１サービス種類コード", &[Uphosoku];
    TypeLimit1 = "１支給限度基準額", &[Uphosoku];
    TypeSum1 = "１合計単位数", &[Uphosoku];
    TypeOver1 = "１限度超単位数", &[Uphosoku];
    LimitType2 = "２サービス種類コード", &[Uphosoku];
    TypeLimit2 = "２支給限度基準額", &[Uphosoku];
    TypeSum2 = "２合計単位数", &[Uphosoku];
    TypeOver2 = "２限度超単位数", &[Uphosoku];
    LimitType3 = "３サービス種類コード", &[Uphosoku];
    TypeLimit3 = "３支給限度基準額", &[Uphosoku];
    TypeSum3 = "３合計単位数", &[Uphosoku];
    TypeOver3 = "３限度超単位数", &[Uphosoku];
    LimitType4 = "４サービス種類コード", &[Uphosoku];
    TypeLimit4 = "４支給限度基準額", &[Uphosoku];
    TypeSum4 = "４合計単位数", &[Uphosoku];
    TypeOver4 = "４限度超単位数", &[Uphosoku];
    LimitType5 = "５サービス種類コード", &[Uphosoku];
    TypeLimit5 = "５支給限度基準額", &[Uphosoku];
    TypeSum5 = "５合計単位数", &[Uphosoku];
    TypeOver5 = "５限度超単位数", &[Uphosoku];
    LimitType6 = "６サービス種類コード", &[Uphosoku];
    TypeLimit6 = "６支給限度基準額", &[Uphosoku];
    TypeSum6 = "６合計単位数", &[Uphosoku];
    TypeOver6 = "６限度超単位数", &[Uphosoku];
    LimitType7 = "７サービス種類コード", &[Uphosoku];
    TypeLimit7 = "７支給限度基準額", &[Uphosoku];
    TypeSum7 = "７合計単位数", &[Uphosoku];
    TypeOver7 = "７限度超単位数", &[Uphosoku];
    LimitType8 = "８サービス種類コード", &[Uphosoku];
    TypeLimit8 = "８支給限度基準額", &[Uphosoku];
    TypeSum8 = "８合計単位数", &[Uphosoku];
    TypeOver8 = "８限度超単位数", &[Uphosoku];
    LimitType9 = "９サービス種類コード", &[Uphosoku];
    TypeLimit9 = "９支給限度基準額", &[Uphosoku];
    TypeSum9 = "９合計単位数", &[Uphosoku];
    TypeOver9 = "９限度超単位数", &[Uphosoku];
    OverSum = "合計限度超単位数", &[Uphosoku];
    CareDaysBefore = "入所前月迄利用日数", &[Uphosoku];
    CareDaysTotal = "入所累積利用日数", &[Uphosoku];
    PreviousLevel = "前回要介護状態区分", &[Uphosoku];

    // 利用者基本情報 and its parts.
    InCharge = "作成担当者", &[Upkihon];
    ConsultedHow = "相談方法", &[Upkihon];
    ConsultedOtherwise = "相談方法(その他の内容)", &[Upkihon];
    Consultations = "相談回数", &[Upkihon];
    LastConsultedOn = "前回相談日", &[Upkihon];
    Situation = "利用者の現況", &[Upkihon];
    SituationNote = "利用者の現況(状況補足)", &[Upkihon];
    UserHalfKana = "利用者氏名ﾌﾘｶﾞﾅ", &[Upkihon];
    UserAddress = "利用者住所", &[Upkihon];
    UserPhone = "利用者電話番号", &[Upkihon];
    UserFax = "利用者Fax番号", &[Upkihon];
    BodyIndependence = "障害高齢者の日常生活自立度", &[Upkihon];
    MindIndependence = "認知症高齢者の日常生活自立度", &[Upkihon];
    CertificationFrom = "認定有効期限開始日", &[Upkihon];
    LastCareLevel = "前回の介護度", &[Upkihon];
    ChecklistResult = "基本チェックリスト記入結果", &[Upkihon];
    ChecklistOn = "基本チェックリスト記入日", &[Upkihon];
    BodyDisability = "障害等認定(身障)", &[Upkihon];
    LearningDisability = "障害等認定(療育)", &[Upkihon];
    MindDisability = "障害等認定(精神)", &[Upkihon];
    RareDisease = "障害等認定(難病)", &[Upkihon];
    DisabilityNote = "障害等認定特記事項", &[Upkihon];
    Dwelling = "居住形態", &[Upkihon];
    RoomFloor = "自室の階数", &[Upkihon];
    Rebuilding = "住宅改修の有無", &[Upkihon];
    NationalPension = "経済状況(国民年金)", &[Upkihon];
    EmployeePension = "経済状況(厚生年金)", &[Upkihon];
    DisabilityPension = "経済状況(障害年金)", &[Upkihon];
    PublicAssistance = "経済状況(生活保護)", &[Upkihon];
    EconomyNote = "経済状況詳細", &[Upkihon];
    VisitorName = "来所者(相談者)氏名", &[Upkihon];
    VisitorAddress = "来所者(相談者)住所", &[Upkihon];
    VisitorPhone = "来所者(相談者)電話番号", &[Upkihon];
    VisitorRelation = "来所者(相談者)続柄", &[Upkihon];
    ContactName1 = "1 緊急連絡先(氏名)", &[Upkihon];
    ContactRelation1 = "1 緊急連絡先(続柄)", &[Upkihon];
    ContactAddress1 = "1 緊急連絡先(住所)", &[Upkihon];
    ContactPhone1 = "1 緊急連絡先(電話番号)", &[Upkihon];
    ContactName2 = "2 緊急連絡先(氏名)", &[Upkihon];
    ContactRelation2 = "2 緊急連絡先(続柄)", &[Upkihon];
    ContactAddress2 = "2 緊急連絡先(住所)", &[Upkihon];
    ContactPhone2 = "2 緊急連絡先(電話番号)", &[Upkihon];
    ContactName3 = "3 緊急連絡先(氏名)", &[Upkihon];
    ContactRelation3 = "3 緊急連絡先(続柄)", &[Upkihon];
    ContactAddress3 = "3 緊急連絡先(住所)", &[Upkihon];
    ContactPhone3 = "3 緊急連絡先(電話番号)", &[Upkihon];
    ContactName4 = "4 緊急連絡先(氏名)", &[Upkihon];
    ContactRelation4 = "4 緊急連絡先(続柄)", &[Upkihon];
    ContactAddress4 = "4 緊急連絡先(住所)", &[Upkihon];
    ContactPhone4 = "4 緊急連絡先(電話番号)", &[Upkihon];
    FamilyPicture = "家族構成 画像ファイル名", &[Upkihon];
    FamilyNote = "家族関係等の状況", &[Upkihon];
    LifeSoFar = "今までの生活", &[Upkihon];
    LifeOfDay = "１日の生活・すごし方(生活全般)", &[Upkihon];
    Hobbies = "趣味・楽しみ・特技", &[Upkihon];
    Friends = "友人・地域との関係", &[Upkihon];
    PublicServices = "現在利用している公的サービス", &[Upkihon];
    OtherServices = "現在利用している非公的サービス", &[Upkihon];
    ConsentedOn = "同意日", &[Upkihon, Upyobo];
    ConsentedBy = "同意者氏名", &[Upkihon, Upyobo];
    TimeOfDay = "時間", &[UpkihonSub1];
    LifeOfUser = "本人の生活状況", &[UpkihonSub1];
    LifeOfCarers = "介護者・家族の生活状況", &[UpkihonSub1];
    IllnessDate = "年月日", &[UpkihonSub2];
    Illness = "病名", &[UpkihonSub2];
    Doctor = "医療機関・医師名", &[UpkihonSub2];
    DoctorsPart = "主治医・意見作成者フラグ", &[UpkihonSub2];
    DoctorsPhone = "医療機関・医師電話番号", &[UpkihonSub2];
    IllnessCourse = "経過", &[UpkihonSub2];
    Treatment = "治療中の内容", &[UpkihonSub2];

    // 介護予防サービス・支援計画書 and its sub-table.
    PlanNumber = "整理番号", &[Upyobo];
    PreventionUser = "利用者名", &[Upyobo];
    PreventionCertifiedOn = "認定年月日", &[Upyobo];
    SupportLevel = "要支援状態区分", &[Upyobo];
    CenterAuthor = "計画作成者氏名（地域包括支援センター担当者名）", &[Upyobo];
    CommissionedAuthor = "計画作成者氏名（担当介護支援専門員名）", &[Upyobo];
    AuthorOffice = "計画作成者事業者・事業所名", &[Upyobo];
    AuthorAddress = "計画作成者事業者・事業所住所", &[Upyobo];
    AuthorPhone = "計画作成者事業者・事業所電話番号", &[Upyobo];
    FirstPreventionPlan = "初回作成日", &[Upyobo];
    Center = "担当地域包括支援センター", &[Upyobo];
    AimOfDay = "目標とする生活(1日)", &[Upyobo];
    AimOfYear = "目標とする生活(1年)", &[Upyobo];
    MovingNow = "【運動・移動】現在の状況", &[Upyobo];
    MovingWill = "【運動・移動】本人・家族の意欲・意向", &[Upyobo];
    HomeNow = "【日常生活(家庭生活)】現在の状況", &[Upyobo];
    HomeWill = "【日常生活(家庭生活)】本人・家族の意欲・意向", &[Upyobo];
    SocialNow = "【社会参加、対人関係・コミュニケーション】現在の状況", &[Upyobo];
    SocialWill = "【社会参加、対人関係・コミュニケーション】本人・家族の意欲・意向", &[Upyobo];
    HealthNow = "【健康管理】現在の状況", &[Upyobo];
    HealthWill = "【健康管理】本人・家族の意欲・意向", &[Upyobo];
    MovingIssue = "【運動・移動】領域における課題の有無", &[Upyobo];
    MovingReason = "【運動・移動】領域における課題（背景・原因）", &[Upyobo];
    HomeIssue = "【日常生活(家庭生活)】領域における課題の有無", &[Upyobo];
    HomeReason = "【日常生活(家庭生活)】領域における課題（背景・原因）", &[Upyobo];
    SocialIssue = "【社会参加、対人関係・コミュニケーション】領域における課題の有無", &[Upyobo];
    SocialReason = "【社会参加、対人関係・コミュニケーション】領域における課題（背景・原因）", &[Upyobo];
    HealthIssue = "【健康管理】領域における課題の有無", &[Upyobo];
    HealthReason = "【健康管理】領域における課題（背景・原因）", &[Upyobo];
    HealthAdvice = "健康状態の留意点", &[Upyobo];
    SupportPolicy = "妥当な支援の実施に向けた方針", &[Upyobo];
    WholePolicy = "総合的な方針", &[Upyobo];
    ChecklistMoving = "基本チェックリストの該当数(運動不足)", &[Upyobo];
    ChecklistFood = "基本チェックリストの該当数(栄養改善)", &[Upyobo];
    ChecklistMouth = "基本チェックリストの該当数(口腔内ケア)", &[Upyobo];
    ChecklistOuting = "基本チェックリストの該当数(閉じこもり予防)", &[Upyobo];
    ChecklistMemory = "基本チェックリストの該当数(物忘れ予防)", &[Upyobo];
    ChecklistMood = "基本チェックリストの該当数(うつ予防)", &[Upyobo];
    ProgramMoving = "事業プログラムの要否(運動不足)", &[Upyobo];
    ProgramFood = "事業プログラムの要否(栄養改善)", &[Upyobo];
    ProgramMouth = "事業プログラムの要否(口腔内ケア)", &[Upyobo];
    ProgramOuting = "事業プログラムの要否(閉じこもり予防)", &[Upyobo];
    ProgramMemory = "事業プログラムの要否(物忘れ予防)", &[Upyobo];
    ProgramMood = "事業プログラムの要否(うつ予防)", &[Upyobo];
    CenterOpinion = "地域包括支援センター意見", &[Upyobo];
    WholeIssue = "総合的課題", &[UpyoboSub];
    Proposal = "課題に対する目標と具体策の提案", &[UpyoboSub];
    Intention = "具体策についての意向本人・家族", &[UpyoboSub];
    Goal = "目標", &[UpyoboSub];
    SupportNumber = "支援計画ＮＯ", &[UpyoboSub];
    SupportPoint = "【支援計画】目標についての支援のポイント", &[UpyoboSub];
    InformalSupport = "【支援計画】本人等のセルフケアや家族の支援、インフォーマルサービス（民間サービス）", &[UpyoboSub];
    InsuredSupport = "【支援計画】介護保険サービス又は地域支援事業（総合事業のサービス）", &[UpyoboSub];
    UseNumber = "利用サービスＮＯ", &[UpyoboSub];
    UseKind = "【利用サービス】サービス種別", &[UpyoboSub];
    UsePlace = "【利用サービス】事業所(利用先)", &[UpyoboSub];
    UsePeriod = "【利用サービス】期間", &[UpyoboSub];
}
